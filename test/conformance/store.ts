import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../../src/reconcile/store.ts";
import { driftConformance } from "./store-drift.ts";
import { eventLogConformance } from "./store-events.ts";
import { partsConformance } from "./store-parts.ts";
import { rowsConformance } from "./store-rows.ts";
import { tokensConformance } from "./store-tokens.ts";
import { DB, deployment, fact, MOMENT, type Place, revision, type StoreWorld, serviceRow, WEB } from "./store-world.ts";

/** Ends a hook that hangs. */
const PATIENCE_MS = 60_000;

/** What every Store does, whatever is behind it. Each test has one of its own. */
export const storeConformance = (kind: string, make: () => Promise<StoreWorld>): void => {
  describe(`the Store port: ${kind}`, () => {
    let world: StoreWorld;
    const place: Place = () => world.store;
    beforeEach(async () => {
      world = await make();
    }, PATIENCE_MS);
    afterEach(() => world.close());

    transactionConformance(place);
    rowsConformance(place);
    eventLogConformance(place);
    driftConformance(place);
    partsConformance(place);
    tokensConformance(place);

    test("what was written is there for the next daemon, of the same installation", async () => {
      await everything(world.store);
      const before = await seen(world.store);
      const { installation } = world.store;
      world = await world.reopened();
      expect(world.store.installation).toBe(installation);
      expect(await seen(world.store)).toEqual(before);
      expect(await world.store.addDeployment(deployment())).toMatchObject({ id: "D2" });
      expect(await world.store.addEvent(MOMENT, { kind: "test", message: "later" })).toMatchObject({ seq: 2 });
    });

    test.each<[string, (store: Store) => Promise<unknown>]>([
      ["a transaction", (store) => store.write(everything)],
      ["a single row", (store) => store.putService(serviceRow({ stopped: true }))],
      ["a numbered row", (store) => store.addDeployment(deployment())],
      ["an event", (store) => store.addEvent(MOMENT, { kind: "test", message: "refused" })],
      ["a removal", (store) => store.dropFact("c1")],
    ])("a full disk refuses %s with INS6003 and changes nothing; with room again it works", async (_what, act) => {
      await world.store.putService(serviceRow());
      await world.store.putFact(fact("c1"));
      const before = await seen(world.store);
      const empty = world.fill();
      try {
        await expect(act(world.store)).rejects.toMatchObject({ code: "INS6003" });
        expect(await seen(world.store)).toEqual(before);
      } finally {
        empty();
      }
      await act(world.store);
      expect(await seen(world.store)).not.toEqual(before);
      expect((await world.store.checkChain()).faults).toEqual([]);
    });
  });
};

/** Something in each of the most important places. */
async function everything(store: Store): Promise<void> {
  await store.putStack({ name: "shop", updatedAt: MOMENT, removed: false, networks: "{}", volumes: "{}" });
  await store.addRevision(revision());
  const { id } = await store.addDeployment(deployment());
  await store.putService(serviceRow({ deployment: id }));
  await store.addStep(id, { at: MOMENT, do: "create", instance: "shop-web-r1-1-a1", because: "it is wanted" });
  await store.addEvent(MOMENT, { kind: "deployment.started", ...WEB, deployment: id, message: "it began" });
  await store.putFact(fact("c1", { drainingSince: MOMENT }));
  await store.putVigil({ since: MOMENT, seen: MOMENT });
  const token = {
    name: "ci",
    hash: "aa",
    role: "deploy",
    scope: ["shop/web"],
    createdAt: MOMENT,
    who: "ann",
    expiresAt: MOMENT + 1,
  } as const;
  await store.addToken(token);
  await store.tokenUsed("aa", MOMENT);
}

const seen = async (store: Store) => ({
  stacks: await store.stacks(),
  services: await store.services(),
  revisions: await store.revisions(WEB),
  deployments: await store.deployments(WEB, 10),
  steps: await store.steps("D1"),
  events: await store.events({}),
  head: (await store.head())?.seq ?? 0,
  facts: await store.facts(WEB),
  vigil: await store.vigil(),
  tokens: await store.tokens(),
});

function transactionConformance(place: Place): void {
  test("of a transaction that fails nothing remains, and its error is the caller's", async () => {
    await place().putService(serviceRow());
    await place().putFact(fact("c1"));
    const before = await seen(place());
    const work = async (within: Store): Promise<void> => {
      await everything(within);
      await within.dropFact("c1");
      throw new Error("no");
    };
    await expect(place().write(work)).rejects.toThrow("no");
    expect(await seen(place())).toEqual(before);
    // Numbers that were taken back are given again.
    expect(await place().addDeployment(deployment())).toMatchObject({ id: "D1" });
    expect(await place().addRevision(revision())).toMatchObject({ number: 1 });
    expect(await place().addEvent(MOMENT, { kind: "test", message: "first" })).toMatchObject({ seq: 1 });
  });

  test("a transaction sees what it has written, and answers what its work answers", async () => {
    const answer = await place().write(async (within) => {
      await everything(within);
      return seen(within);
    });
    expect(answer.services).toHaveLength(1);
    expect(answer).toEqual(await seen(place()));
  });

  test("nobody else ever sees half of it", async () => {
    let begin: () => void = () => undefined;
    const early = new Promise<void>((resolve) => {
      begin = resolve;
    }).then(async () => (await place().services()).length);
    await place().write(async (within) => {
      await within.putService(serviceRow());
      begin();
      await new Promise((resolve) => setImmediate(resolve));
      await within.putService(serviceRow(DB));
    });
    expect([0, 2]).toContain(await early);
    expect(await place().services()).toHaveLength(2);
  });

  test("those asked for at once come one after another", async () => {
    await place().putService(serviceRow({ replicas: 0 }));
    const more = async (within: Store): Promise<void> => {
      const row = await within.service(WEB);
      await new Promise((resolve) => setImmediate(resolve));
      await within.putService(serviceRow({ replicas: (row?.replicas ?? 0) + 1 }));
    };
    await Promise.all([...Array(8)].map(() => place().write(more)));
    expect(await place().service(WEB)).toMatchObject({ replicas: 8 });
  });

  test("one inside another is a part of it", async () => {
    const work = async (within: Store): Promise<void> => {
      await within.write(everything);
      throw new Error("no");
    };
    await expect(place().write(work)).rejects.toThrow("no");
    expect(await place().services()).toEqual([]);
  });

  test("what is asked of the store in one, and not of it, is refused: it would wait for itself", async () => {
    const itself = /waits for itself/;
    await place().write(async (within) => {
      await expect(place().service(WEB)).rejects.toThrow(itself);
      await expect(place().write(everything)).rejects.toThrow(itself);
      await within.putService(serviceRow());
    });
    expect(await place().services()).toHaveLength(1);
  });

  test("what was begun in one and goes on after it asks like any other", async () => {
    let over: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      over = resolve;
    });
    const after: Promise<unknown>[] = [];
    await place().write(async (within) => {
      await within.putService(serviceRow());
      after.push(ended.then(() => place().services()));
    });
    over();
    expect(await after[0]).toHaveLength(1);
  });

  test("rows are what JSON makes of them, and nobody shares one with the store", async () => {
    const environment = { A: "1" };
    const row = serviceRow({ split: [{ revision: 1, share: 5_000 }], overrides: { image: undefined } as never });
    const spec = { ...row.applied, environment };
    await place().putService({ ...row, applied: spec });
    environment.A = "2";
    const read = await place().service(WEB);
    expect(read).toStrictEqual({ ...row, overrides: {}, applied: { ...spec, environment: { A: "1" } } });
    // It may refuse to be changed.
    const change = () => Object.assign(read?.applied.environment ?? {}, { A: "3" });
    try {
      change();
    } catch (cause) {
      expect(cause).toBeInstanceOf(TypeError);
    }
    expect((await place().service(WEB))?.applied.environment).toEqual({ A: "1" });
    expect((await place().services())[0]?.applied.environment).toEqual({ A: "1" });
  });
}
