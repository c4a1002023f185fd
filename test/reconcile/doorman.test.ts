import { expect, test } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { Doorman } from "../../src/reconcile/doorman.ts";
import type { FileStore } from "../../src/reconcile/ports.ts";
import type { Store } from "../../src/reconcile/store.ts";

test("calls that were refused are told of when there is room again, and a full disk ends nothing", async () => {
  const full = new InstarError("INS6003", "the disk is full");
  let room = true;
  const told: string[] = [];
  const within = { addEvent: async (_at: number, { message }: { message: string }) => void told.push(message) };
  const store = {
    trigger: async () => null,
    write: async (work: (within: unknown) => Promise<unknown>) => {
      if (!room) throw full;
      return work(within);
    },
  } as unknown as Store;
  const timers: (() => void)[] = [];
  const clock = {
    now: () => 1_000_000,
    after: (_ms: number, wake: () => void) => {
      timers.push(wake);
      return () => undefined;
    },
  };
  const reported: unknown[] = [];
  const door = new Doorman(store, {} as FileStore, clock, (error) => reported.push(error));
  const call = { id: "t1", secret: "wrong", from: "10.0.0.9", headers: {}, body: new Uint8Array() };
  for (let n = 0; n < 13; n++) await expect(door.admit(call)).rejects.toBeInstanceOf(InstarError);
  expect(told).toHaveLength(10);
  room = false;
  timers.shift()?.();
  await expect.poll(() => reported).toEqual([full]);
  await expect(door.admit(call)).rejects.toMatchObject({ code: "INS2057" });
  room = true;
  timers.shift()?.();
  await expect.poll(() => told.at(-1)).toBe("4 more calls with a wrong secret were refused within a minute");
  expect(timers).toEqual([]);
});
