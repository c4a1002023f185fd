import { expect, test } from "vitest";
import { failedOnceMore } from "../../src/reconcile/failures.ts";
import type { DeploymentRow } from "../../src/reconcile/store.ts";

const after = (count: number): Pick<DeploymentRow, "failures" | "passedOver"> => {
  let row = { failures: [] } as unknown as DeploymentRow;
  for (let n = 1; n <= count; n++) row = { ...row, ...failedOnceMore(row, `failure ${n}`) };
  return row;
};

test("fifty failures are kept as they are", () => {
  expect(after(50)).toEqual({ failures: Array.from({ length: 50 }, (_, n) => `failure ${n + 1}`) });
});

test("of more, the first ten and the last forty are, and all are counted", () => {
  const { failures, passedOver } = after(5000);
  expect(failures).toHaveLength(50);
  expect([failures[0], failures[9], failures[10], failures.at(-1)]).toEqual(["failure 1", "failure 10", "failure 4961", "failure 5000"]);
  expect(failures.length + (passedOver ?? 0)).toBe(5000);
});
