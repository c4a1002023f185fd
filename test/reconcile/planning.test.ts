import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SIDES } from "../../src/spec/sides.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
  house.engine.control.images.add("shop/tool:v1");
});
afterEach(async () => house.wipe());

const key = { stack: "shop", service: "web" };
const web = (image: string, more: Partial<ServiceSpec> = {}) => ({ web: { image: `shop/web:${image}`, replicas: 1, ...more } });
/** A rollback pins. */
const UNPINNED = { unpin: true };
/** The revision that `plan` shows, and the one that `up` then makes. */
const shownAndMade = async (image: string): Promise<readonly (number | null | undefined)[]> => {
  const shown = (await house.plan(web(image), UNPINNED)).services[0]?.to;
  return [shown, (await house.upToTheEnd(web(image), UNPINNED))[0]?.to];
};

describe("the revision that a plan shows is the one that up makes", () => {
  it("after a rollback", async () => {
    await house.upToTheEnd(web("v1"));
    await house.upToTheEnd(web("v2"));
    await house.ended((await house.daemon.control.rollback(key, { to: null, data: false }, "me")).id);
    expect(await shownAndMade("v3")).toEqual([3, 3]);
  });

  it("after a deployment that failed, for another content and for the same again", async () => {
    await house.upToTheEnd(web("v1"));
    expect((await house.upToTheEnd(web("bad")))[0]?.outcome).toBe("rolled-back");
    expect(await shownAndMade("bad")).toEqual([2, 2]);
    expect(await shownAndMade("v2")).toEqual([3, 3]);
  });

  it("while a rollback runs, with its job and its confirmation", async () => {
    await house.upToTheEnd(web("v1"));
    await house.upToTheEnd(web("v2"));
    house.engine.control.behave("shop/web:v1", { readyAfterMs: null });
    await house.daemon.control.rollback(key, { to: null, data: false }, "me");
    const spec = serviceSpec({ image: "shop/tool:v1", networks: { default: { aliases: [] } } });
    const next = web("v3", {
      jobs: { before: { service: "migrate", timeoutMs: 60_000, image: "own", spec } },
      hooks: { confirm: { url: "https://ci.example/ok", timeoutMs: 60_000 } },
    });
    const planned = (await house.plan(next, UNPINNED)).services[0];
    expect(planned?.to).toBe(3);
    expect(planned?.steps.slice(0, 2).map((step) => step.do)).toEqual(["ask", "job"]);
  });
});

it("a plan of a canary that runs no instances shows no course, as there is none", async () => {
  const canary = (image: string) => web(image, { replicas: 0, strategy: "canary", sides: SIDES.canary });
  await house.upToTheEnd(canary("v1"));
  const planned = (await house.plan(canary("v2"))).services[0];
  expect(planned?.rollout?.split("; ")).toHaveLength(2);
  expect(planned?.steps).toEqual([]);
  expect((await house.upToTheEnd(canary("v2")))[0]).toMatchObject({ outcome: "succeeded", steps: [] });
});
