import { expect, it } from "vitest";
import { systemClock } from "../../src/reconcile/clock.ts";
import { Glance } from "../../src/reconcile/glance.ts";
import type { Busy } from "../../src/reconcile/loop-entry.ts";
import { House } from "./house.ts";

it("does not wait for what is being made or started: the engine answers no inspect of it meanwhile", async () => {
  const house = await House.build();
  try {
    const { engine, router } = house;
    const roughly: string[] = [];
    const { instances } = engine;
    engine.instances = (of, rough) => {
      if (typeof rough === "object") roughly.push(...rough);
      return instances(of, rough);
    };
    const busy = (what: Busy["do"]): Busy => ({ do: what, slot: 1, attempt: 1, revision: 1, generation: 0, instanceHash: "" });
    const underWay = [
      ["web-1", busy("create")],
      ["web-2", busy("start")],
      ["web-3", busy("drain")],
    ] as const;
    await new Glance(engine, router, systemClock, () => underWay).see();
    expect(roughly).toEqual(["web-1", "web-2"]);
  } finally {
    await house.wipe();
  }
});
