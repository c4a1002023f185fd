import { formatDuration } from "../lib/duration.ts";
import { type Course, type CourseStep, sizeNow, WHOLE } from "./course.ts";
import { percent } from "./sides.ts";
import { sharesOf, weightsFor } from "./weights.ts";

/** What `plan` says of a deployment in steps, with how each share is made up of so many instances. */
export function courseInWords(course: Course, replicas: number): string {
  const kept =
    course.warmMs === 0 ? "" : `; the old set is kept ready for ${formatDuration(course.warmMs)}, and rollback is the switch back`;
  if (course.strategy === "blue-green") {
    const byHand = course.steps.some(({ forMs }) => forMs === null);
    return `blue-green: the whole new set beside the old one, without traffic, then one switch ${byHand ? "by instar promote" : "when it is ready"}${kept}`;
  }
  const steps = course.steps.map((step, at) => stepInWords(step, sizeNow({ ...course, at }, replicas), replicas));
  return `canary: ${steps.join(", then ")}, then everything${kept}`;
}

function stepInWords(step: CourseStep, instances: number, replicas: number): string {
  const loads = weightsFor([
    { share: step.share, instances },
    { share: WHOLE - step.share, instances: replicas },
  ]);
  const [load] = loads;
  const real = Math.round(sharesOf(loads)[0] ?? 0);
  const carriers = load?.carriers ?? 0;
  const on =
    carriers < instances
      ? `${carriers} of ${instances} instances, since weights end at 256`
      : `${instances} ${instances === 1 ? "instance" : "instances"}`;
  const really = Math.abs(real - step.share) > 10 ? `, which is ${percent(real)} in weights` : "";
  return `${percent(step.share)} on ${on}${really} ${step.forMs === null ? "until instar promote" : `for ${formatDuration(step.forMs)}`}`;
}
