import { beforeEach, describe, expect, it } from "vitest";
import { type Doing, type Hands, perform, primaryAddress } from "../../src/reconcile/perform.ts";
import type { EngineInstance } from "../../src/reconcile/ports.ts";
import { OUTSIDE_REVISION } from "../../src/reconcile/predecessors.ts";
import type { Fact } from "../../src/reconcile/store.ts";
import type { Revision, ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import { type VirtualClock, virtualClock } from "../sim/virtual-clock.ts";

const key = { stack: "shop", service: "web" };
const INSTANCE = {
  ...{ ...key, id: "aa", name: "shop-web-r1-1-a1", revision: 1, slot: 1, attempt: 1, generation: 0, instanceHash: "h" },
  ...{ state: "running", startedAt: 5, finishedAt: 9, exitCode: 0, restartCount: 0, addresses: { shop_default: "10.209.0.2" } },
} as unknown as EngineInstance;
const revisionOf = (more: Partial<ServiceSpec> = {}): Revision =>
  ({
    ...{ ...key, number: 1, instanceHash: "h", networkNames: { default: "shop_default", back: "shop_back" } },
    spec: serviceSpec({ networks: { default: { aliases: [] }, back: { aliases: [] } }, ...more }),
  }) as unknown as Revision;

let clock: VirtualClock;
/** What was done to the world, in order. */
let done: string[];
let fact: Fact | undefined;
let revision: Revision;
/** Requests that the instance still has. */
let open: number;

beforeEach(() => {
  clock = virtualClock();
  [done, fact, revision, open] = [[], undefined, revisionOf(), 0];
});

/** Only what a step of this file reaches. */
const hands = (): Hands => {
  const says = (words: string) => async (name: unknown) => void done.push(`${words} ${typeof name === "string" ? name : ""}`.trim());
  const store = {
    write: async (work: (within: unknown) => Promise<unknown>) => work(store),
    revision: async () => revision,
    facts: async () => new Map(fact === undefined ? [] : [["aa", fact]]),
    putFact: async (one: Fact) => {
      fact = one;
    },
    dropFact: async () => undefined,
    putCompletion: says("keep"),
    addEvent: async () => undefined,
    addStep: async (id: string, step: { readonly do: string }) => void done.push(`${step.do} in ${id}`),
    adoption: async () => ({ containers: [{ name: "old-web-1", ports: [80] }] }),
  };
  return {
    ...{ clock, store },
    engine: {
      instance: async () => INSTANCE,
      tail: async () => [],
      stop: says("stop"),
      remove: says("remove"),
      retire: says("retire"),
    },
    router: { persisted: async () => undefined, sessions: async () => new Map([[INSTANCE.name, open]]) },
    routing: {
      wants: () => "ready",
      put: async ({ address }: { readonly address: string }) => void done.push(`put ${address}`),
      died: says("maint"),
      drop: says("drop"),
    },
    contents: { letGo: async () => undefined },
    context: { leave: async () => undefined },
    look: () => undefined,
    recompose: async () => void done.push("recompose"),
  } as unknown as Hands;
};
const doing = (what: Doing["step"]["do"], more: Partial<Doing> = {}, step: Partial<Doing["step"]> = {}): Doing => ({
  step: { do: what, instance: INSTANCE.name, slot: 1, attempt: 1, revision: 1, because: "a test", ...step },
  ...{ key, generation: 0, deployment: null, instance: INSTANCE, ...more },
});

describe("where an instance is reached", () => {
  it.each([
    ["on the first of its networks", {}, { shop_back: "10.209.2.2", shop_default: "10.209.0.2" }, "10.209.0.2"],
    ["on another one, where somebody took it off the first", {}, { shop_back: "10.209.2.2" }, "10.209.2.2"],
    ["on the host itself, where it has the host's network", { networkMode: "host", networks: {} }, {}, "127.0.0.1"],
    ["nowhere without a network", { networkMode: "none", networks: {} }, {}, null],
  ] as const)("%s", (_case, more, addresses, where) => {
    expect(primaryAddress({ ...INSTANCE, addresses }, revisionOf(more))).toBe(where);
  });
});

describe("route", () => {
  const nowhere = { instance: { ...INSTANCE, addresses: {} } };
  beforeEach(() => {
    fact = { ...key, id: "aa", name: INSTANCE.name, drainingSince: 7, evidenceOf: null, startedAt: 5 };
  });

  it("gives it requests where it is reached, and it leaves no more", async () => {
    await perform(hands(), doing("route"));
    expect([done, fact?.drainingSince]).toEqual([["put 10.209.0.2"], null]);
  });

  it("of one without a network only says that it leaves no more: nobody reaches it anyhow", async () => {
    revision = revisionOf({ networkMode: "none", networks: {} });
    await perform(hands(), doing("route", nowhere));
    expect([done, fact?.drainingSince]).toEqual([[], null]);
  });

  it("of one that somebody took off all its networks is an error", async () => {
    await expect(perform(hands(), doing("route", nowhere))).rejects.toMatchObject({ code: "INS7005" });
    expect(done).toEqual([]);
  });
});

describe("stop of one that got its place in the router back", () => {
  it.each([
    ["five seconds, where the file says nothing", {}, 5_000],
    ["as long as the file says", { drainMs: 1_000 }, 1_000],
  ])("waits for its requests: %s", async (_case, more, ms) => {
    revision = revisionOf(more);
    open = 1;
    const stopped = perform(hands(), doing("stop"));
    await clock.advance(ms - 1);
    expect(done).toEqual([`maint ${INSTANCE.name}`]);
    await clock.advance(1);
    await stopped;
    expect(done).toEqual([`maint ${INSTANCE.name}`, `stop ${INSTANCE.name}`]);
  });
});

it.each(["complete", "remove"] as const)("%s: its server goes before its container", async (what) => {
  await perform(hands(), doing(what));
  expect(done.filter((one) => !one.startsWith("keep"))).toEqual([`drop ${INSTANCE.name}`, `remove ${INSTANCE.name}`]);
});

it.each([
  ["in a deployment, which says so", "D1", ["retire shop", "recompose", "open in D1"]],
  ["outside one, where somebody has started it again", null, ["retire shop", "recompose"]],
])("a container of an adopted project is stopped for good, and the router takes its ports: %s", async (_case, deployment, all) => {
  await perform(hands(), doing("stop", { deployment, instance: null }, { instance: "old-web-1", revision: OUTSIDE_REVISION }));
  expect(done).toEqual(all);
});
