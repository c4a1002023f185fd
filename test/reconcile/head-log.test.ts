import { expect, it } from "vitest";
import type { Head } from "../../src/reconcile/chain.ts";
import { repeatHeads } from "../../src/reconcile/head-log.ts";
import { settle, virtualClock } from "../sim/virtual-clock.ts";

it("each new head of the event log is said once, and the last one at the end", async () => {
  const clock = virtualClock();
  let head: Head | null = null;
  const at = (seq: number): Head => ({ seq, hash: `h${seq}`, signature: "s" });
  const said: number[] = [];
  const reported: unknown[] = [];
  const unread = new Error("the store does not answer");
  let broken = false;
  const store = {
    head: async () => {
      if (broken) throw unread;
      return head;
    },
  };
  const end = repeatHeads(
    store,
    clock,
    ({ seq }) => void said.push(seq),
    (error) => void reported.push(error),
  );
  await clock.advance(10_000);
  expect(said).toEqual([]);
  head = at(7);
  await clock.advance(15_000);
  expect(said).toEqual([7]);
  broken = true;
  await clock.advance(5_000);
  expect(reported).toEqual([unread]);
  [broken, head] = [false, at(9)];
  await clock.advance(5_000);
  expect(said).toEqual([7, 9]);
  head = at(12);
  await end();
  await settle();
  expect(said).toEqual([7, 9, 12]);
  expect(clock.nextAt()).toBeNull();
});
