import { afterEach, beforeEach, expect, test } from "vitest";
import { forEyesOf } from "../../src/api/discreet.ts";
import type { Holder } from "../../src/api/holder.ts";
import { House } from "../reconcile/house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const holder = (role: Holder["role"]): Holder => ({ who: "token:x", role, scope: null, token: null });

/** All that is said of a first version that failed, by those who may ask with the role read. */
async function said(): Promise<unknown> {
  const { control } = house.daemon;
  const { deployments } = await control.history({ stack: "shop", service: "web" });
  const bare = deployments.map((one) => ({ ...one, evidence: one.evidence === null ? null : { ...one.evidence, log: [] } }));
  return {
    bare,
    events: await control.events({ limit: 1000 }),
    services: await control.services(),
    instances: await control.instances({}),
  };
}

// The daemon's own words: where they are worded otherwise, what they quote must still be found.
test("the role read is not told the last line of one that ended", async () => {
  house.engine.control.behave("shop/web:bad", { endsAfterMs: 5, exitCode: 3, readyAfterMs: null, lines: ["my SECRET is"] });
  await house.upToTheEnd({ web: { image: "shop/web:bad" } });
  await hides("my SECRET is");
});

test("nor what its healthcheck printed", async () => {
  house.engine.control.behave("shop/web:bad", { readyAfterMs: null });
  const { deployments } = await house.up({ web: { image: "shop/web:bad", readyTimeoutMs: 300, replicas: 1 } });
  await house.until(async () => house.engine.control.hasContainer("shop-web-r1-1-a1"));
  house.engine.control.setReady("shop-web-r1-1-a1", "my SECRET is");
  await house.ended(deployments[0]?.id ?? "");
  await hides("my SECRET is");
  const words = "shop-web-r1-1-a1 is unhealthy: ";
  expect(forEyesOf(holder("read"), { reason: `INS5001 ${words}my SECRET\nis` })).toEqual({ reason: `INS5001 ${words}…` });
});

async function hides(printed: string): Promise<void> {
  const all = await said();
  expect(JSON.stringify(forEyesOf(holder("deploy"), all))).toContain(printed);
  expect(JSON.stringify(forEyesOf(holder("read"), all))).not.toContain(printed);
}
