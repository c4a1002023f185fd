import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Executed } from "../../src/reconcile/execution.ts";
import { Freezer } from "../../src/reconcile/freezing.ts";
import type { Engine, EngineInstance, VolumeUser } from "../../src/reconcile/ports.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { openStore } from "../../src/store/sqlite.ts";

const FREEZE = { command: ["stand", "still"], thaw: ["go", "on"], timeoutMs: 1000, limitMs: 60_000 };
const WRITER = { container: "shop-web-r1-1-a1", stack: "shop", service: "web" } as VolumeUser;

let home = "";
let store: Store;
let freezer: Freezer;
/** What the next commands come to; then they work. */
let outcomes: Executed[];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "instar-freezer-"));
  store = await openStore(home);
  outcomes = [];
  const running = {
    id: "c1",
    state: "running",
    startedAt: 1,
    finishedAt: null,
    stack: "shop",
    service: "web",
  } as unknown as EngineInstance;
  const engine = {
    instance: async () => running,
    execute: async () => outcomes.shift() ?? { exitCode: 0, ended: true, output: "" },
  } as unknown as Engine;
  freezer = new Freezer({ engine, store, clock: { now: () => 1_000_000, after: () => () => undefined } });
});
afterEach(async () => {
  await freezer.close();
  await store.close();
  rmSync(home, { recursive: true });
});

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
