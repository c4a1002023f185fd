import { beforeEach, describe, expect, it } from "vitest";
import type { Found, Known, Policy } from "../../src/plan/drift.ts";
import { PAUSE_MS, YOUNG_MS } from "../../src/plan/heal.ts";
import type { Observed } from "../../src/plan/types.ts";
import { knownOf, revisionIn } from "../../src/reconcile/drift-desk.ts";
import { DriftHeal } from "../../src/reconcile/drift-heal.ts";
import type { DriftWatch } from "../../src/reconcile/drift-watch.ts";
import type { EngineInstance } from "../../src/reconcile/ports.ts";
import type { Fact } from "../../src/reconcile/store.ts";
import type { Scene } from "../../src/reconcile/watch.ts";
import type { Revision } from "../../src/spec/types.ts";
import { deployment, fact, MOMENT, revision, serviceRow, WEB } from "../conformance/store-world.ts";
import { createFakeStore, type FakeStore } from "../sim/fake-store.ts";
import { type VirtualClock, virtualClock } from "../sim/virtual-clock.ts";

const NAME = "shop-web-r1-1-a1";
/** null: the file says nothing. */
const made = (immutable: "enforce" | "off" | null): Revision => {
  const plain = revision();
  return { ...plain, number: 1, spec: { ...plain.spec, ...(immutable === null ? {} : { immutable }) } };
};
const ENFORCED = made("enforce");
const seen = (more: Partial<Observed> = {}): Observed => ({
  ...{ name: NAME, revision: 1, slot: 1, attempt: 1, generation: 1, instanceHash: "aa", life: "running", revives: false, built: true },
  ...{ createdAt: MOMENT, startedAt: MOMENT, exitCode: null, worn: false, sick: false, readySince: MOMENT, probedSince: MOMENT },
  ...{ probeDetail: null, route: null, drainingSince: null, outside: false, evidence: false, busy: null },
  ...more,
});
const instance = (more: Partial<EngineInstance> = {}) =>
  ({ id: "c1", name: NAME, instanceHash: "aa", revision: 1, createdAt: MOMENT, startedAt: MOMENT + 5, ...more }) as EngineInstance;

let store: FakeStore;
let clock: VirtualClock;
/** What the next look at the service finds; null: it is gone. */
let there: Pick<Scene, "current" | "instances" | "world"> | null;
let known: Known;
let heal: DriftHeal;
beforeEach(async () => {
  store = createFakeStore("here");
  clock = virtualClock(MOMENT + 60_000);
  there = { current: ENFORCED, instances: [instance()], world: [seen()] };
  const touch = { kind: "exec", detail: "sh", at: MOMENT + 30_000, by: "ann", taints: true } as const;
  known = { policy: "enforce", createdAt: MOMENT, touches: [touch], look: null, worn: false, blind: [] };
  heal = new DriftHeal({
    store,
    clock,
    scenes: async () => (there === null ? [] : [{ ...(there as Scene), row: serviceRow({ stable: 1 }) }]),
    known: () => known,
    changed: async () => undefined,
  });
  await store.addRevision(ENFORCED);
  await store.putService(serviceRow({ stable: 1 }));
});

const begun = async () => (await store.deployments(WEB, 100)).filter(({ outcome }) => outcome === "running");
const facts = async (): Promise<Fact | undefined> => (await store.facts(WEB)).get("c1");
const told = async (kind: string) => (await store.events({})).filter((event) => event.kind === kind).map(({ message }) => message);

describe("what enforce replaces", () => {
  it("is what drifted; its mark, the record and the deployment are one, also where nothing was noted of it before", async () => {
    await heal.consider(WEB);
    expect(await begun()).toMatchObject([{ cause: { kind: "drift", who: "instar" }, to: 1 }]);
    expect(await facts()).toEqual(fact("c1", { startedAt: null, heal: "it is tainted: exec by ann: sh" }));
    expect(await store.heals(WEB, 0)).toMatchObject([{ slot: 1, instance: NAME, startedAt: MOMENT + 5 }]);
  });

  it("counts from its creation where the engine does not say yet when it started", async () => {
    there = { current: ENFORCED, instances: [instance({ startedAt: null })], world: [seen()] };
    await heal.consider(WEB);
    expect(await store.heals(WEB, 0)).toMatchObject([{ startedAt: MOMENT }]);
  });

  it.each([
    ["that ended", { life: "ended" }],
    ["that is kept as evidence", { evidence: true }],
    ["of an adopted project", { outside: true }],
    ["in quarantine", { quarantine: { until: MOMENT + 600_000, because: "somebody looks into it" } }],
  ] as const)("is none %s", async (_what, more) => {
    there = { current: ENFORCED, instances: [instance()], world: [seen(more)] };
    await heal.consider(WEB);
    expect(await begun()).toEqual([]);
  });

  it("is none of a service that is gone or under another policy by the time it is looked at", async () => {
    there = null;
    await heal.consider(WEB);
    there = { current: made(null), instances: [instance()], world: [seen()] };
    await heal.consider(WEB);
    expect(await begun()).toEqual([]);
    expect(await store.events({})).toEqual([]);
  });
});

describe("an instance that drifted young after three replacements in a row is left alone, whatever the drift", () => {
  const look = { at: MOMENT + 30_000, changed: [], more: false, configuration: [], foreign: null, filesChanged: [] };
  const healedThrice = async (): Promise<void> => {
    const before = { ...WEB, slot: 1, instance: NAME, instanceHash: "aa", verdict: "changed" } as const;
    for (let n = 3; n > 0; n--) await store.addHeal({ ...before, startedAt: MOMENT - n * 60_000, at: MOMENT - n * 60_000 + 30_000 });
  };
  it.each<[string, Partial<Found>, string]>([
    ["a file of the layer", { changed: [{ path: "/x", kind: "A", at: MOMENT + 30_000 }] }, "it writes /x; "],
    ["a file that the engine mounts", { filesChanged: ["/etc/hosts"] }, "/etc/hosts differ from what it was made with; "],
    ["a limit", { configuration: ["Memory is 1"] }, "Memory is 1 differ from what it was made with; "],
    ["another content", { foreign: "its label names another content" }, "its label names another content; "],
  ])("%s", async (_what, found, words) => {
    known = { ...known, touches: [], look: { ...look, ...found } };
    await healedThrice();
    await heal.consider(WEB);
    expect(await begun()).toEqual([]);
    expect(await told("drift.held")).toEqual([expect.stringContaining(`was replaced 3 times in a row and drifted again: ${words}`)]);
  });

  it("one that drifted an hour after its start begins anew", async () => {
    known = { ...known, touches: [], look: { ...look, at: MOMENT + 5 + YOUNG_MS, filesChanged: ["/etc/hosts"] } };
    await healedThrice();
    await heal.consider(WEB);
    expect(await begun()).toHaveLength(1);
  });
});

it.each(["failed", "rolled-back", "aborted"] as const)(
  "after one for drift that %s it waits ten minutes, and says so once",
  async (outcome) => {
    const endedAt = clock.now();
    await store.addDeployment(deployment({ cause: { kind: "drift", who: "instar" }, outcome, endedAt }));
    await clock.advance(PAUSE_MS - 1);
    await heal.consider(WEB);
    await heal.consider(WEB);
    expect(await begun()).toEqual([]);
    expect(await told("drift.held")).toEqual([
      `${NAME} drifted and is not replaced: the last replacement for drift failed; it is tried again ten minutes after that`,
    ]);
    await clock.advance(1);
    await heal.consider(WEB);
    expect(await begun()).toHaveLength(1);
  },
);

it.each(["succeeded", "superseded"] as const)("after one for drift that %s it does not wait", async (outcome) => {
  await store.addDeployment(deployment({ cause: { kind: "drift", who: "instar" }, outcome, endedAt: clock.now() }));
  await heal.consider(WEB);
  expect(await begun()).toHaveLength(1);
});

it("drift is judged by the revision an instance has, by the wanted one where that takes it over, by the default where it is lost", () => {
  const [old, wanted] = [
    { ...made("off"), number: 1 },
    { ...ENFORCED, number: 2, instanceHash: "cc" },
  ];
  const scene = { current: wanted, revisions: new Map([[1, old]]) };
  const watch = { touches: () => [], blind: [] } as unknown as DriftWatch;
  const policy = (of: EngineInstance): Policy => knownOf(watch, null, of, revisionIn(scene, of), false).policy;
  expect(policy(instance())).toBe("off");
  expect(policy(instance({ instanceHash: "cc" }))).toBe("enforce");
  expect(policy(instance({ revision: 7 }))).toBe("detect");
});
