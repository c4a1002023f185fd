import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { Callers } from "./callers.ts";
import { House } from "./house.ts";

const web = { stack: "shop", service: "web" };
const IMAGE = "reg.example/shop/web";
let house: House;
let callers: Callers;
const publish = (content: string, tag = "1.4") => house.engine.control.images.publish(`${IMAGE}:${tag}`, content);
const push = (more: object = {}) => ({ image: IMAGE, tag: "1.4", ...more });
const up = (more: Partial<ServiceSpec> = {}) => house.upToTheEnd({ web: { image: `${IMAGE}:1.4`, replicas: 1, ...more } });
const digest = async () => (await house.daemon.control.services())[0]?.digest;

beforeEach(async () => {
  house = await House.build();
  callers = await Callers.at(house);
});
afterEach(async () => {
  await callers.close();
  await house.wipe();
});

describe("what a push does to", () => {
  it("a service whose file names a digest: nothing, and it says why", async () => {
    const { shown } = publish("one");
    await up({ image: `${IMAGE}@${shown}` });
    const { path } = await callers.make();
    publish("two");
    expect(await callers.call(path, push())).toMatchObject({
      ...{ status: 409, json: { error: { code: "INS2053", message: expect.stringContaining("digest") } } },
    });
    expect(await digest()).toBe(shown);
  });

  it("a service with autoredeploy: what that policy says", async () => {
    publish("one");
    const autoredeploy = { tags: { kind: "same-tag" }, everyMs: 3_600_000, minAgeMs: 0, approve: false, window: null } as const;
    await up({ autoredeploy });
    const { path, trigger } = await callers.make();
    const two = publish("two");
    const first = (await callers.call(path, push())).json;
    expect(await house.ended(first.deployment)).toMatchObject({
      ...{ outcome: "succeeded", cause: { kind: "autoredeploy", who: expect.stringContaining(trigger.id) } },
    });
    expect(await digest()).toBe(two.shown);
    await up({ autoredeploy: { ...autoredeploy, approve: true } });
    publish("three");
    expect((await callers.call(path, push())).json).toMatchObject({ deployment: null, reason: expect.stringContaining("approve") });
    expect(await digest()).toBe(two.shown);
  });

  it("a service whose instances are told the body: a new revision, although the image is the same", async () => {
    const { shown } = publish("one");
    await up();
    const { path } = await callers.make({ body: true });
    const body = push({ digest: shown });
    expect(await house.ended((await callers.call(path, body)).json.deployment)).toMatchObject({ outcome: "succeeded", from: 1, to: 2 });
    expect(await digest()).toBe(shown);
    expect((await house.daemon.control.history(web)).revisions[0]?.spec.environment).toEqual({
      ...{ INSTAR_TRIGGER_BODY: JSON.stringify(body) },
    });
  });

  it("a service that ran this image before: it is deployed again", async () => {
    const one = publish("one");
    await up();
    const { path } = await callers.make();
    publish("two");
    await house.ended((await callers.call(path, push())).json.deployment);
    publish("one");
    expect(await house.ended((await callers.call(path, push())).json.deployment)).toMatchObject({ outcome: "succeeded" });
    expect(await digest()).toBe(one.shown);
  });

  it("a service whose first deployment of it failed: nothing, also after another one", async () => {
    const ends = { endsAfterMs: 5, exitCode: 3, readyAfterMs: null, lines: [] };
    const reference = `${IMAGE}:1.4`;
    publish("bad");
    house.engine.control.behave(reference, ends);
    expect((await up())[0]?.outcome).toBe("failed");
    const good = publish("good");
    house.engine.control.behave(reference, {});
    const { path } = await callers.make();
    await house.ended((await callers.call(path, push())).json.deployment);
    publish("bad");
    expect(await callers.call(path, push())).toMatchObject({
      ...{ status: 409, json: { error: { code: "INS2055", message: expect.stringContaining("D1, which failed: ") } } },
    });
    expect(await digest()).toBe(good.shown);
  });
});
