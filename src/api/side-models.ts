import { Type } from "typebox";
import type { Course } from "../plan/course.ts";
import { closed, count, model, nullable, oneOf } from "./model.ts";

const text = Type.String();
const share = Type.Integer({ description: "hundredths of a percent" });

export const CourseModel = model<Course>()(
  "Course",
  Type.Object({
    strategy: oneOf("blue-green", "canary"),
    steps: Type.Array(
      Type.Object({
        ...{ share, size: share, forMs: nullable(count) },
        gates: Type.Array(Type.Object({ name: text, state: oneOf("waiting", "passed", "failed"), reason: text })),
      }),
    ),
    at: count,
    since: nullable(Type.Integer({ description: "milliseconds since the epoch" })),
    warmMs: count,
  }),
  true,
);

export const Strategy = oneOf("rolling", "recreate", "blue-green", "canary");

export const SplitBody = closed({
  shares: Type.Array(closed({ revision: Type.Integer({ minimum: 1 }), percent: Type.Integer({ minimum: 1, maximum: 100 }) }), {
    minItems: 1,
    maxItems: 20,
  }),
});
