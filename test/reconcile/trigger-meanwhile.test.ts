import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Lanes } from "../../src/reconcile/lanes.ts";
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

/** A registry that gives nothing until it is let: what triggers ask for waits, what `up` finds on the engine does not. */
function slowly(): { readonly asked: () => Promise<void>; readonly let: () => void } {
  const { promise: open, resolve } = Promise.withResolvers<void>();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const resolveImage = house.engine.resolveImage.bind(house.engine);
  vi.spyOn(house.engine, "resolveImage").mockImplementation(async (reference, policy, ...rest) => {
    if (policy === "always") {
      ask();
      await open;
    }
    return resolveImage(reference, policy, ...rest);
  });
  return { asked: () => asked, let: () => resolve() };
}

/** Resolves once so many calls have their place behind each other. */
function inLine(): (calls: number) => Promise<unknown> {
  const enter = vi.spyOn(Lanes.prototype, "enter");
  return (calls) => house.until(async () => enter.mock.calls.length === calls);
}

beforeEach(async () => {
  house = await House.build();
  publish("one");
  await up();
  callers = await Callers.at(house);
});
afterEach(async () => {
  await callers.close();
  await house.wipe();
  vi.restoreAllMocks();
});

describe("while a trigger's image is fetched", () => {
  it.each([
    ["a stop", "INS2054", () => house.daemon.control.stop(web, "me")],
    ["a rollback", "INS2008", () => house.daemon.control.rollback(web, { to: 1, data: false }, "me")],
  ])("%s stays: %s", async (_what, code, act) => {
    const { path } = await callers.make();
    const before = await digest();
    publish("two");
    const registry = slowly();
    const calls = [callers.call(path, push()), callers.call(path)];
    await registry.asked();
    await house.ended((await act()).id);
    registry.let();
    for (const call of calls) expect(await call).toMatchObject({ status: 409, json: { error: { code } } });
    expect([await callers.deployments(), await digest()]).toEqual([2, before]);
  });

  it("what up changes stays: the image comes to the revision that is wanted now", async () => {
    const { path } = await callers.make();
    const registry = slowly();
    const two = publish("two");
    const call = callers.call(path, push());
    await registry.asked();
    await up({ environment: { MODE: "new" } });
    registry.let();
    const { json } = await call;
    expect(await house.ended(json.deployment)).toMatchObject({ outcome: "succeeded", from: 2, to: 3 });
    const { revisions } = await house.daemon.control.history(web);
    expect(revisions[0]?.spec.environment).toEqual({ MODE: "new" });
    expect(await digest()).toBe(two.shown);
  });

  it("a push that waits is done, whatever else is called meanwhile", async () => {
    const { path } = await callers.make();
    const registry = slowly();
    const line = inLine();
    publish("two");
    const first = callers.call(path, push({ id: "1" }));
    await registry.asked();
    const second = callers.call(path, push({ id: "2" }));
    await line(2);
    const others = [callers.call(path, { image: "reg.example/else", tag: "1" }), callers.call(path, push({ tag: "9" }))];
    await line(4);
    registry.let();
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200]);
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([409, 409]);
  });

  it("a push that waits is done, also when a late call tells of the digest before it", async () => {
    const { path } = await callers.make({ anyTag: true });
    const registry = slowly();
    const line = inLine();
    const before = await digest();
    const first = callers.call(path, push({ tag: "none" }));
    await registry.asked();
    const two = publish("two");
    const waiting = [callers.call(path, push({ id: "2", digest: two.shown }))];
    await line(2);
    waiting.push(callers.call(path, push({ id: "1", digest: before })));
    await line(3);
    registry.let();
    expect((await first).status).toBe(404);
    expect((await Promise.all(waiting)).map(({ json }) => json.deployment)).toEqual(["D2", "D2"]);
    expect(await digest()).toBe(two.shown);
  });
});

describe("a trigger that tells instances the body", () => {
  it("means nothing to a service whose policy decides", async () => {
    const autoredeploy = { tags: { kind: "same-tag" }, everyMs: 3_600_000, minAgeMs: 0, approve: true, window: null } as const;
    await up({ autoredeploy });
    const before = [await digest(), await callers.deployments()];
    const { path } = await callers.make({ body: true });
    publish("two");
    expect(await callers.call(path, "any words")).toMatchObject({ status: 400, json: { error: { code: "INS2052" } } });
    expect([await digest(), await callers.deployments()]).toEqual(before);
  });

  it("tries no image again that failed; a body that failed says nothing about the image", async () => {
    const ends = { endsAfterMs: 5, exitCode: 3, readyAfterMs: null, lines: [] };
    const { path } = await callers.make({ body: true });
    house.engine.control.behave(`${IMAGE}:1.4`, ends);
    expect((await house.ended((await callers.call(path, "bad words")).json.deployment)).outcome).toBe("rolled-back");
    expect((await house.ended((await callers.call(path, "worse words")).json.deployment)).outcome).toBe("rolled-back");
    publish("two");
    expect((await house.ended((await callers.call(path, push({ n: 1 }))).json.deployment)).outcome).toBe("rolled-back");
    for (const body of [push({ n: 2 }), "words"])
      expect(await callers.call(path, body)).toMatchObject({ status: 409, json: { error: { code: "INS2055" } } });
  });
});

describe("a delivery told again", () => {
  it("is known by the id in its body, also where instances are added", async () => {
    const { path } = await callers.make({ kind: "scale-up", by: 1, most: 9 });
    const first = (await callers.call(path, push({ id: "run-1" }))).json;
    expect((await callers.call(path, push({ id: "run-1" }))).json).toMatchObject({ replayed: true, deployment: first.deployment });
    expect(await callers.deployments()).toBe(2);
  });

  it("is another one after 30 days, although nobody called meanwhile", async () => {
    const { path } = await callers.make();
    await callers.call(path, push({ id: "run-1" }));
    expect((await callers.call(path, push({ id: "run-1" }))).json.replayed).toBe(true);
    await callers.close();
    await house.close();
    house.clockSetBy = 31 * 24 * 3_600_000;
    await house.open();
    callers = await Callers.at(house);
    expect((await callers.call(path, push({ id: "run-1" }))).json.replayed).toBe(false);
  });
});
