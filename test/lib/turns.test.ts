import { expect, test } from "vitest";
import { Turns } from "../../src/lib/turns.ts";

test("one after the other under a key, whatever becomes of the one before; others do not wait", async () => {
  const turns = new Turns();
  const told: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns.take("shop", async () => {
    await gate.promise;
    told.push("first");
    throw new Error("it failed");
  });
  const second = turns.take("shop", async () => told.push("second"));
  await turns.take("other", async () => told.push("other"));
  expect(told).toEqual(["other"]);
  gate.resolve();
  await expect(first).rejects.toThrow("it failed");
  await second;
  expect(told).toEqual(["other", "first", "second"]);
});
