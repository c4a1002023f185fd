import { expect, test } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { Herald } from "../../src/reconcile/herald.ts";
import type { Store } from "../../src/reconcile/store.ts";

const URL = "https://ci.example/hook";

test.each(["addEvent", "putCursor"] as const)("a full disk (%s) holds up what a URL is told, and ends nothing", async (call) => {
  const full = new InstarError("INS6003", "the disk is full");
  let room = true;
  const log: { seq: number; at: number; kind: string; message: string; deployment: string | null }[] = [];
  const needs = (of: string): void => {
    if (!room && of === call) throw full;
  };
  const store = {
    installation: "i",
    events: async ({ after = 0, limit = 1 }) => log.filter(({ seq }) => seq > after).slice(0, limit),
    cursor: async () => 0,
    putCursor: async () => needs("putCursor"),
    deployment: async () => ({ id: "D1", stack: "shop", service: "web", to: 1, cause: { kind: "up", who: "me" } }),
    revision: async () => ({ spec: { hooks: { notify: { url: URL } } } }),
    addEvent: async (at: number, { kind, message }: { kind: string; message: string }) => {
      needs("addEvent");
      log.push({ seq: log.length + 1, at, kind, message, deployment: null });
    },
  } as unknown as Store;
  const happened = (kind: string) => log.push({ seq: log.length + 1, at: 1, kind, message: kind, deployment: "D1" });
  const told: string[] = [];
  let status = call === "addEvent" ? 500 : 200;
  const hooks = {
    post: async (_url: string, { event }: { event: string }) => {
      told.push(event);
      return { status, body: "" };
    },
  };
  const timers: (() => void)[] = [];
  const clock = {
    now: () => 1,
    after: (ms: number, wake: () => void) => {
      // The pauses between the tries of one message are over at once.
      if (ms < 30_000 || room) queueMicrotask(wake);
      else timers.push(wake);
      return () => undefined;
    },
  };
  const reported: unknown[] = [];
  /** The same when every pause that is under way is over. */
  function later<T>(seen: T): T {
    for (const wake of timers.splice(0)) wake();
    return seen;
  }
  const herald = new Herald(store, hooks, clock, (_message, error) => reported.push(error));
  await herald.open();
  room = false;
  happened("deployment.started");
  herald.heard();
  await expect.poll(() => later(reported)).toContain(full);
  happened("deployment.succeeded");
  herald.heard();
  [room, status] = [true, 200];
  await expect.poll(() => later(told).at(-1)).toBe("deployment.succeeded");
  await herald.close();
});

test("of the messages that wait for a URL that does not answer, those beyond 500 are given up, the oldest first", async () => {
  const told: string[] = [];
  const given: string[] = [];
  const log = Array.from({ length: 502 }, (_, n) => ({ seq: n + 1, at: 1, kind: "deployment.started", message: "", deployment: "D1" }));
  const store = {
    installation: "i",
    events: async ({ after = 0, limit = 1 }) => log.filter(({ seq }) => seq > after).slice(0, limit),
    cursor: async () => 0,
    putCursor: async () => undefined,
    deployment: async () => ({ id: "D1", stack: "shop", service: "web", to: 1, cause: { kind: "up", who: "me" } }),
    revision: async () => ({ spec: { hooks: { notify: { url: URL } } } }),
    addEvent: async (_at: number, { kind, message }: { kind: string; message: string }) => void given.push(`${kind}: ${message}`),
  } as unknown as Store;
  const { promise: answer, resolve } = Promise.withResolvers<{ status: number; body: string }>();
  const hooks = {
    post: (_url: string, { delivery }: { delivery: string }) => {
      told.push(delivery);
      return answer;
    },
  };
  const herald = new Herald(store, hooks, { now: () => 1, after: () => () => undefined }, () => undefined);
  await herald.open();
  await expect.poll(() => given).toHaveLength(2);
  expect(given).toEqual(
    [2, 3].map(
      (seq) => `hook.failed: https://ci.example/… was not told of event ${seq} (deployment.started): too many messages wait for it`,
    ),
  );
  expect(told).toEqual(["i/1"]);
  resolve({ status: 200, body: "" });
  await expect.poll(() => told).toHaveLength(500);
  expect(told.slice(0, 2)).toEqual(["i/1", "i/4"]);
  await herald.close();
});
