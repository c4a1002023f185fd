import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Callers } from "./callers.ts";
import { House } from "./house.ts";

const web = { stack: "shop", service: "web" };
const IMAGE = "reg.example/shop/web";
const cosign = String(generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }));
const other = String(generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }));
const service = { image: `${IMAGE}:1`, replicas: 1, verify: { cosign } };
let house: House;
const publish = (content: string, tag = "1", signed = true) => {
  const image = house.engine.control.images.publish(`${IMAGE}:${tag}`, content);
  if (!signed) house.unsigned.add(image.shown);
  return image;
};
/** Everything that a refusal must leave as it was. */
const state = async () => {
  const { deployments, revisions } = await house.daemon.control.history(web);
  return { deployments: deployments.length, revisions: revisions.length, serving: await house.serving() };
};
const UNSIGNED = { code: "INS3032" };

beforeEach(async () => {
  house = await House.build();
  publish("one");
});
afterEach(async () => house.wipe());

it("a first up of an unsigned image changes nothing at all", async () => {
  publish("bad", "2", false);
  await expect(house.up({ web: { ...service, image: `${IMAGE}:2` } })).rejects.toMatchObject(UNSIGNED);
  expect(await house.daemon.control.services()).toEqual([]);
  expect(house.engine.control.calls.filter(({ call }) => ["create", "ensureNetwork", "ensureVolume"].includes(call))).toEqual([]);
});

describe("a service whose image is verified", () => {
  beforeEach(async () => {
    const [first] = await house.upToTheEnd({ web: service });
    expect(first?.outcome).toBe("succeeded");
  });

  it("refuses an unsigned one at up, plan, deploy, redeploy and by a trigger, and nothing moves; a signed one comes in", async () => {
    const before = await state();
    publish("bad", "2", false);
    const next = { web: { ...service, image: `${IMAGE}:2` } };
    await expect(house.up(next)).rejects.toMatchObject(UNSIGNED);
    await expect(house.plan(next)).rejects.toMatchObject(UNSIGNED);
    await expect(house.daemon.control.deploy(web, `${IMAGE}:2`, "me")).rejects.toMatchObject(UNSIGNED);
    publish("worse", "1", false);
    await expect(house.daemon.control.redeploy(web, "me")).rejects.toMatchObject(UNSIGNED);
    const callers = await Callers.at(house);
    const { path } = await callers.make();
    expect(await callers.call(path, { image: IMAGE, tag: "1" })).toMatchObject({ status: 409, json: { error: UNSIGNED } });
    expect(await callers.call(path)).toMatchObject({ status: 409, json: { error: UNSIGNED } });
    expect(await callers.last()).toMatchObject({ kind: "trigger.refused", message: expect.stringContaining("INS3032") });
    await callers.close();
    expect(await state()).toEqual(before);
    const good = publish("two");
    await house.ended((await house.daemon.control.redeploy(web, "me")).id);
    expect((await house.daemon.control.services())[0]?.digest).toBe(good.shown);
  });

  it("is not asked again for what it runs already; it is, when the key changes", async () => {
    const { shown } = publish("one");
    house.unsigned.add(shown);
    expect((await house.up({ web: service })).deployments[0]?.outcome).toBe("unchanged");
    expect((await house.upToTheEnd({ web: { ...service, drainMs: 300 } }))[0]?.outcome).toBe("succeeded");
    await expect(house.up({ web: { ...service, drainMs: 300, verify: { cosign: other } } })).rejects.toMatchObject(UNSIGNED);
    expect((await house.upToTheEnd({ web: { ...service, drainMs: 300, verify: undefined } as never }))[0]?.outcome).toBe("succeeded");
  });

  it("a new key for the same image makes a revision and replaces nothing", async () => {
    const before = await house.serving();
    const [second] = await house.upToTheEnd({ web: { ...service, verify: { cosign: other } } });
    expect(second).toMatchObject({ outcome: "succeeded", to: 2, steps: [] });
    expect(await house.serving()).toEqual(before);
  });
});

it("autoredeploy leaves an unsigned image out, says so, and takes it once it is signed", async () => {
  const autoredeploy = { tags: { kind: "same-tag" as const }, everyMs: 30, minAgeMs: 0, approve: false, window: null };
  await house.upToTheEnd({ web: { ...service, autoredeploy } });
  const before = await state();
  const next = publish("two", "1", false);
  await house.until(async () => (await house.daemon.control.events({ limit: 50 })).some((e) => e.message.includes("INS3032")));
  expect(await state()).toEqual(before);
  house.unsigned.clear();
  await house.until(async () => (await house.daemon.control.services())[0]?.digest === next.shown);
});
