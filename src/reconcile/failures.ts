import type { DeploymentRow } from "./store.ts";

/** The first tell how it began, the last how it is; with `failure_action: continue` there may be any number between. */
const FIRST = 10;
const LAST = 40;

/**
 * One more failure of the deployment: all are counted, and the words of the first and the last ones kept. A row is read and written
 * whole, so that a list without a bound would cost more at each step. 60 failures → the words of 50, and 10 passed over.
 */
export function failedOnceMore(row: DeploymentRow, words: string): Pick<DeploymentRow, "failures" | "passedOver"> {
  const failures = [...row.failures, words];
  if (failures.length <= FIRST + LAST) return { failures };
  return { failures: [...failures.slice(0, FIRST), ...failures.slice(-LAST)], passedOver: (row.passedOver ?? 0) + 1 };
}
