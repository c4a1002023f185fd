import { afterEach, beforeEach, expect, test } from "vitest";
import type { Executed } from "../../src/reconcile/execution.ts";
import { Freezer } from "../../src/reconcile/freezing.ts";
import type { Engine, EngineInstance, VolumeUser } from "../../src/reconcile/ports.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { createFakeStore } from "../sim/fake-store.ts";
import { type VirtualClock, virtualClock } from "../sim/virtual-clock.ts";

const FREEZE = { command: ["stand", "still"], thaw: ["go", "on"], timeoutMs: 1000, limitMs: 60_000 };
const FAILED = { exitCode: 4, ended: true, output: "not now" };
const WRITER = { container: "shop-web-r1-1-a1", stack: "shop", service: "web" } as VolumeUser;

let store: Store;
let freezer: Freezer;
let clock: VirtualClock;
/** What the next commands come to; then they work. */
let outcomes: Executed[];
/** What was run, oldest first. */
let run: string[];
/** The writer as the engine sees it. */
let seen: EngineInstance;

beforeEach(() => {
  store = createFakeStore("here");
  clock = virtualClock(1_000_000);
  [outcomes, run] = [[], []];
  seen = { id: "c1", state: "running", startedAt: 1, finishedAt: null, stack: "shop", service: "web" } as unknown as EngineInstance;
  const engine = {
    instance: async () => seen,
    execute: async (_name: string, command: readonly string[]) => {
      run.push(command.join(" "));
      return outcomes.shift() ?? { exitCode: 0, ended: true, output: "" };
    },
  } as unknown as Engine;
  freezer = new Freezer({ engine, store, clock });
});
afterEach(() => freezer.close());

test("an instance that stands still for two volumes is let go when both snapshots have ended", async () => {
  const [one, other] = [await freezer.freeze("a", [WRITER], FREEZE, "ann"), await freezer.freeze("b", [WRITER], FREEZE, "ann")];
  let gone = false;
  const letGo = freezer.letGo(WRITER.container).then(() => {
    gone = true;
  });
  await other.thaw();
  // Whoever waits has had its turn by then.
  await new Promise(setImmediate);
  expect(gone).toBe(false);
  await one.thaw();
  await letGo;
  await freezer.letGo(WRITER.container);
});

test("a freeze that may still come late is thawed again after the next snapshot, too", async () => {
  outcomes = [{ exitCode: null, ended: false, output: "" }];
  await expect(freezer.freeze("a", [WRITER], FREEZE, "ann")).rejects.toMatchObject({ code: "INS3016" });
  const late = (await store.freezes())[0];
  expect(late).toMatchObject({ instances: [WRITER.container], lateUntil: 1_600_000 });
  expect(await (await freezer.freeze("a", [WRITER], FREEZE, "ann")).thaw()).toBeNull();
  expect(await store.freezes()).toMatchObject([{ instances: [WRITER.container], lateUntil: 1_600_000 }]);
});

test("one that is still frozen is thawed before it is frozen again; while that does not work, nothing is", async () => {
  const first = await freezer.freeze("a", [WRITER], FREEZE, "ann");
  outcomes = [FAILED];
  expect(await first.thaw()).toMatchObject({ code: "INS3017" });
  outcomes = [FAILED];
  await expect(freezer.freeze("a", [WRITER], FREEZE, "bob")).rejects.toMatchObject({ code: "INS3017" });
  expect(run).toEqual(["stand still", "go on", "go on"]);
  expect(freezer.failureOf("a")).toMatchObject({ code: "INS3017" });
  expect(await (await freezer.freeze("a", [WRITER], FREEZE, "bob")).thaw()).toBeNull();
  expect(run.slice(3)).toEqual(["go on", "stand still", "go on"]);
  expect([await store.freezes(), freezer.failureOf("a")]).toEqual([[], null]);
});

test("a writer that ended while it was frozen is not told to go on, and forgotten once its engine will not bring it back", async () => {
  const frozen = await freezer.freeze("a", [WRITER], FREEZE, "ann");
  seen = { ...seen, state: "exited", finishedAt: clock.now() };
  expect(await frozen.thaw()).toBeNull();
  await clock.advance(119_000);
  expect(await store.freezes()).toMatchObject([{ volume: "a", instances: [WRITER.container] }]);
  await clock.advance(30_000);
  expect(await store.freezes()).toEqual([]);
  expect(run).toEqual(["stand still"]);
});

test("one that its engine has brought back goes on", async () => {
  const frozen = await freezer.freeze("a", [WRITER], FREEZE, "ann");
  seen = { ...seen, state: "exited", finishedAt: clock.now() };
  await frozen.thaw();
  seen = { ...seen, state: "running" };
  await clock.advance(1_000);
  expect(run).toEqual(["stand still", "go on"]);
  expect(await store.freezes()).toEqual([]);
});
