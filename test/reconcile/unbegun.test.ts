import { expect, it } from "vitest";
import type { EngineInstance, RoutedServer } from "../../src/reconcile/ports.ts";
import type { Fact } from "../../src/reconcile/store.ts";
import { forgetUnbegun } from "../../src/reconcile/unbegun.ts";
import { createFakeStore } from "../sim/fake-store.ts";

const instance = (service: string, slot: number): EngineInstance =>
  ({ id: `${service}${slot}`, name: `shop-${service}-r1-${slot}-a1`, stack: "shop", service }) as EngineInstance;
const fact = ({ id, name, stack, service }: EngineInstance, drainingSince: number | null): Fact => ({
  ...{ id, name, stack, service, drainingSince, evidenceOf: null, startedAt: 5 },
});
const server = ({ name }: EngineInstance, state: RoutedServer["state"], backend = "be"): RoutedServer => ({
  ...{ backend, name, address: "10.0.0.1", port: 80, weight: 100, state, sessions: 0 },
});

it("only a drain that no backend of the router has is forgotten, and nothing else of the instance", async () => {
  const store = createFakeStore("test");
  const [unbegun, never, begun, partly, absent, other] = [1, 2, 3, 4, 5].map((slot) => instance("web", slot)).concat(instance("api", 1));
  if (!unbegun || !never || !begun || !partly || !absent || !other) throw new Error("six");
  for (const one of [unbegun, begun, partly, absent, other]) await store.putFact(fact(one, 100));
  const writes: string[] = [];
  const { write } = store;
  store.write = (work) => {
    writes.push("write");
    return write(work);
  };
  const routed = [
    ...[unbegun, never, other].map((one) => server(one, "ready")),
    ...[server(begun, "drain"), server(partly, "ready"), server(partly, "drain", "be2")],
  ];
  await forgetUnbegun(store, routed, [unbegun, never, begun, partly, absent, other]);
  const facts = new Map([...(await store.facts(unbegun)), ...(await store.facts(other))]);
  expect([...facts.values()].map(({ id, drainingSince }) => [id, drainingSince]).sort()).toEqual([
    ["api1", null],
    ["web1", null],
    ["web3", 100],
    ["web4", 100],
    ["web5", 100],
  ]);
  expect(facts.get("web1")).toEqual(fact(unbegun, null));
  expect(writes).toHaveLength(2);
});
