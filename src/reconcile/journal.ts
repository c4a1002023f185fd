import type { InstarError } from "../errors.ts";
import type { Step } from "../plan/types.ts";
import type { Revision } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import { failedOnceMore } from "./failures.ts";
import type { Clock } from "./ports.ts";
import type { ServiceRow, Store } from "./store.ts";

/** What the loop writes of its steps into the deployment that they are of, and into the events. */

interface Book {
  readonly store: Store;
  readonly clock: Clock;
}

/** About all instances at once: one after the other. */
const isOfService = (step: Step): boolean => step.do === "weigh" || step.do === "stage";

/** That it is begun. */
export async function journal({ store, clock }: Book, key: ServiceKey, step: Step, deployment: string | null): Promise<void> {
  const at = clock.now();
  const instance = isOfService(step) ? null : step.instance;
  await store.write(async (within) => {
    if (deployment !== null) await within.addStep(deployment, { at, do: step.do, instance, because: step.because });
    await within.addEvent(at, {
      kind: `step.${step.do}`,
      ...key,
      ...(instance === null ? {} : { instance }),
      ...(deployment === null ? {} : { deployment }),
      message: `${step.do} ${step.instance}: ${step.because}`,
    });
  });
}

/** It was done, and brought nothing: it is planned again unchanged. */
export async function journalRepeat({ store, clock }: Book, key: ServiceKey, step: Step): Promise<void> {
  await store.addEvent(clock.now(), {
    kind: "step.repeated",
    ...key,
    ...(isOfService(step) ? {} : { instance: step.instance }),
    message: `${step.do} ${step.instance} was done and is needed again: ${step.because}; it is done less and less often`,
  });
}

/** A deployment that takes no step for long has stalled. */
export async function progress({ store, clock }: Book, deployment: string): Promise<void> {
  await store.write(async (within) => {
    const row = await within.deployment(deployment);
    if (row !== null && row.endedAt === null) await within.putDeployment({ ...row, progressAt: clock.now() });
  });
}

/** What will not be by trying again is a failure of the deployment. */
export async function countAgainst({ store }: Book, step: Step, deployment: string, error: InstarError): Promise<void> {
  await store.write(async (within) => {
    const row = await within.deployment(deployment);
    if (row !== null)
      await within.putDeployment({
        ...row,
        ...failedOnceMore(row, `${step.do} of ${step.instance} failed: ${error.code} ${error.message}`),
      });
  });
}

interface Claims extends Pick<Book, "store"> {
  readonly revision: (key: ServiceKey, number: number) => Promise<Revision>;
  readonly recompose: () => Promise<void>;
}

/**
 * Where the instances were there before this deployment, they have answered where its routes lead: what both revisions claim is given to
 * the new one. Resolves when the router has it, and may be repeated.
 */
export async function takeOver({ store, recompose, revision }: Claims, row: ServiceRow, deployment: string): Promise<void> {
  if (row.stable === null || row.stable === row.target) return;
  if ((await revision(row, row.stable)).instanceHash !== (await revision(row, row.target)).instanceHash) return;
  await store.write(async (within) => {
    const running = await within.deployment(deployment);
    if (running !== null && running.endedAt === null && running.answered !== true)
      await within.putDeployment({ ...running, answered: true });
  });
  await recompose();
}
