import { InstarError } from "../errors.ts";
import type { Doing, Hands } from "./perform.ts";

/**
 * Writes where a deployment's course stands. Only from the step that the planner saw: somebody may have promoted, or
 * turned it round, since. Repeating it is success.
 */
export async function stage(hands: Hands, { step, deployment }: Doing): Promise<void> {
  const { stage: to } = step;
  if (to === undefined || deployment === null) throw new InstarError("INS7005", `${step.do} of ${step.instance} outside a deployment`);
  await hands.store.write(async (within) => {
    const row = await within.deployment(deployment);
    if (row === null || row.endedAt !== null || row.direction === "back" || row.course === undefined) return;
    const { course } = row;
    if (course.at !== (to.begins ? to.at : to.at - 1) || (course.since === null) !== to.begins) return;
    await within.putDeployment({ ...row, course: { ...course, at: to.at, since: to.begins ? hands.clock.now() : null } });
  });
}
