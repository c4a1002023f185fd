import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SIDES } from "../../src/spec/sides.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const web = { stack: "shop", service: "web" };
const BACKEND = "be:shop:web:8080";
const blueGreen = (more: Partial<NonNullable<ServiceSpec["sides"]>> = {}): Partial<ServiceSpec> => ({
  strategy: "blue-green",
  sides: { ...SIDES["blue-green"], ...more },
});

/** Revisions that get requests now, by the router. */
const revisions = (): string[] =>
  [...new Set(house.router.control.serving(BACKEND).map(({ name }) => /-r(\d+)-/.exec(name)?.[1] ?? "?"))].sort();
const running = (): string[] =>
  house.router.control
    .table()
    .backends.find(({ name }) => name === BACKEND)
    ?.servers.map(({ name, weight, state }) => `${name} ${weight} ${state}`)
    .sort() ?? [];

describe("blue-green", () => {
  it("waits beside the old one, without traffic, until it is promoted; the old set stays warm, and rollback is the switch back", async () => {
    const spec = blueGreen({ promote: "manual" });
    await house.upToTheEnd({ web: spec });
    const { deployments } = await house.up({ web: { ...spec, image: "shop/web:v2" } });
    const id = deployments[0]?.id ?? "";
    await house.until(async () => (await house.daemon.control.deployment(id)).course?.since != null);
    expect(running()).toEqual([
      "shop-web-r1-1-a1 100 ready",
      "shop-web-r1-2-a1 100 ready",
      "shop-web-r2-1-a1 0 ready",
      "shop-web-r2-2-a1 0 ready",
    ]);
    expect(revisions()).toEqual(["1"]);
    await house.daemon.control.sides.promote(id, "me");
    expect(await house.ended(id)).toMatchObject({ outcome: "succeeded", strategy: "blue-green", pauses: [] });
    expect(revisions()).toEqual(["2"]);
    expect(running()).toHaveLength(4);
    const back = await house.ended((await house.daemon.control.rollback(web, { to: null, data: false }, "me")).id);
    expect(back).toMatchObject({ outcome: "succeeded", from: 2, to: 1 });
    expect(back.steps.map((s) => s.do)).toEqual(["weigh"]);
    expect(revisions()).toEqual(["1"]);
    expect(running()).toHaveLength(4);
    expect(house.reports).toEqual([]);
  });
});
