import { Type } from "typebox";
import type { JobView } from "../reconcile/job-views.ts";
import { model, nullable, oneOf } from "./model.ts";

const text = Type.String();
const instant = Type.Integer({ description: "milliseconds since the epoch" });

export const JobModel = model<JobView>()(
  "Job",
  Type.Object({
    moment: oneOf("before", "after"),
    job: text,
    container: text,
    state: oneOf("running", "succeeded", "failed"),
    startedAt: nullable(instant),
    endedAt: nullable(instant),
    exitCode: nullable(Type.Integer()),
    reason: nullable(text),
    log: Type.Array(text),
  }),
  true,
);
