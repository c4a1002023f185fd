import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AutoredeploySpec } from "../../src/spec/types.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const IMAGE = "reg.example/shop/web:1";
const key = { stack: "shop", service: "web" };
const policy = (more: Partial<AutoredeploySpec> = {}): AutoredeploySpec => ({
  ...{ tags: { kind: "same-tag" }, everyMs: 3_600_000, minAgeMs: 0, approve: false, window: null },
  ...more,
});
const pushed = { registry: "reg.example", repository: "shop/web", tag: "1", digest: null };
const images = () => house.engine.control.images;
const begin = async (more: Partial<AutoredeploySpec> = {}): Promise<void> => {
  images().publish(IMAGE, "first");
  const [first] = await house.upToTheEnd({ web: { image: IMAGE, readyTimeoutMs: 20_000, autoredeploy: policy(more) } });
  expect(first?.outcome).toBe("succeeded");
};
const notice = async () => (await house.daemon.control.autoredeploy.noticed(pushed, "a test"))[0];
const digestNow = async (): Promise<string> => (await house.daemon.control.services())[0]?.digest ?? "";

describe("a pushed image", () => {
  it("comes in by a notice, under the cause autoredeploy, and the next up has nothing to do", async () => {
    await begin();
    const next = images().publish(IMAGE, "second");
    const reaction = await notice();
    expect(reaction).toMatchObject({ service: "shop/web", deployment: expect.stringMatching(/^D\d+$/) });
    const ended = await house.ended(reaction?.deployment ?? "");
    expect(ended).toMatchObject({ outcome: "succeeded", cause: { kind: "autoredeploy", who: "a test" } });
    expect(await digestNow()).toBe(next.shown);
    const again = await house.up({ web: { image: IMAGE, readyTimeoutMs: 20_000, autoredeploy: policy() } });
    expect(again).toMatchObject({ kept: [], deployments: [{ outcome: "unchanged" }] });
  });

  it("comes in by polling", async () => {
    await begin({ everyMs: 30 });
    const next = images().publish(IMAGE, "second");
    await house.until(async () => (await digestNow()) === next.shown);
  });

  it("that is the same as before moves nothing, however often it is told", async () => {
    await begin();
    images().publish(IMAGE, "first");
    for (let n = 0; n < 3; n++) expect(await notice()).toMatchObject({ deployment: null });
    expect((await house.daemon.control.history(key)).deployments).toHaveLength(1);
  });

  it("that is told of before its tag means it comes in a moment later", async () => {
    await begin();
    const next = images().publish("reg.example/shop/web:next", "second");
    const early = { ...pushed, digest: next.shown };
    expect((await house.daemon.control.autoredeploy.noticed(early, "a test"))[0]).toMatchObject({ deployment: null });
    images().publish(IMAGE, "second");
    await house.until(async () => (await digestNow()) === next.shown);
    const [latest] = (await house.daemon.control.history(key)).deployments;
    expect(latest?.cause).toEqual({ kind: "autoredeploy", who: "a test" });
  });

  it("ten in a row: the last one serves, after at most two deployments", async () => {
    await begin();
    const told = [];
    let last = "";
    for (let n = 0; n < 10; n++) {
      last = images().publish(IMAGE, `push ${n}`).shown;
      told.push(notice());
    }
    await Promise.all(told);
    await house.until(async () => (await digestNow()) === last && (await house.daemon.control.services())[0]?.state === "running");
    const { deployments } = await house.daemon.control.history(key);
    expect(deployments.filter(({ cause }) => cause.kind === "autoredeploy").length).toBeLessThanOrEqual(2);
  });

  it("that fails is rolled back and not tried again by itself; the next one is", async () => {
    await begin();
    images().publish(IMAGE, "second");
    house.engine.control.behave(IMAGE, { endsAfterMs: 5, exitCode: 3, readyAfterMs: null, lines: [] });
    const ended = await house.ended((await notice())?.deployment ?? "");
    expect(ended.outcome).toBe("rolled-back");
    const again = await notice();
    expect(again).toMatchObject({ deployment: null, reason: expect.stringContaining(`${ended.id} with this image`) });
    house.engine.control.behave(IMAGE, { readyAfterMs: 0 });
    const third = images().publish(IMAGE, "third");
    await notice();
    await house.until(async () => (await digestNow()) === third.shown);
  });

  it("waits for approval, and goes in with it; there is nothing to approve then", async () => {
    await begin({ approve: true });
    const next = images().publish(IMAGE, "second");
    expect(await notice()).toMatchObject({ deployment: null, reason: expect.stringContaining("approve") });
    expect(await house.daemon.control.autoredeploy.watched()).toMatchObject([
      { ...key, state: "waiting-for-approval", candidate: { digest: next.shown, from: "a test" } },
    ]);
    const { deployment } = await house.daemon.control.autoredeploy.approve(key, "me");
    await house.ended(deployment ?? "");
    expect(await digestNow()).toBe(next.shown);
    await notice();
    await expect(house.daemon.control.autoredeploy.approve(key, "me")).rejects.toMatchObject({ code: "INS2042" });
  });

  it("does not move a pinned service until it is unpinned", async () => {
    await begin();
    const first = await digestNow();
    images().publish(IMAGE, "second");
    await house.ended((await notice())?.deployment ?? "");
    await house.ended((await house.daemon.control.rollback(key, { to: 1, data: false }, "me")).id);
    const third = images().publish(IMAGE, "third");
    expect(await notice()).toMatchObject({ deployment: null, reason: expect.stringContaining("pinned") });
    expect(await digestNow()).toBe(first);
    for (let n = 0; n < 2; n++) await house.daemon.control.unpin(key, "me");
    const ended = (await house.daemon.control.events(key)).filter(({ kind }) => kind === "service.unpinned");
    expect(ended.map(({ message }) => message)).toEqual([expect.stringMatching(/^the pin of D\d+ was ended by me$/)]);
    await house.until(async () => (await digestNow()) === third.shown);
  });

  it("that waits is let go once the service is held at a digest: nothing comes in without something to watch", async () => {
    await begin({ approve: true });
    const held = images().publish("reg.example/shop/web:other", "held").shown;
    images().publish(IMAGE, "second");
    expect(await notice()).toMatchObject({ deployment: null, reason: expect.stringContaining("approve") });
    await house.ended((await house.daemon.control.deploy(key, `reg.example/shop/web@${held}`, "me")).id);
    await house.until(async () => (await house.daemon.control.autoredeploy.watched())[0]?.candidate === null);
    expect(await house.daemon.control.autoredeploy.watched()).toMatchObject([{ ...key, watches: "", state: "nothing-to-watch" }]);
    await expect(house.daemon.control.autoredeploy.approve(key, "me")).rejects.toMatchObject({ code: "INS2042" });
    expect(await digestNow()).toBe(held);
  });

  it("of another tag or of a service without autoredeploy is answered with the reason", async () => {
    images().publish("reg.example/shop/web:2", "other");
    await begin();
    await house.upToTheEnd({
      web: { image: IMAGE, readyTimeoutMs: 20_000, autoredeploy: policy() },
      other: { image: IMAGE, ports: [], replicas: 1 },
    });
    const reactions = await house.daemon.control.autoredeploy.noticed({ ...pushed, tag: "2" }, "a test");
    expect(reactions.map(({ service, reason }) => [service, reason])).toEqual([
      ["shop/other", "autoredeploy is not declared"],
      ["shop/web", "2 is not what it follows: 1"],
    ]);
    expect(await house.daemon.control.autoredeploy.noticed({ ...pushed, repository: "shop/none" }, "a test")).toEqual([]);
  });

  it("of a higher version comes in under its own tag, which the next up keeps", async () => {
    await begin({ tags: { kind: "semver", range: "1.x" } });
    images().publish("reg.example/shop/web:1.4.2", "second");
    images().publish("reg.example/shop/web:2.0.0", "third");
    const { deployment } = (await house.daemon.control.autoredeploy.noticed({ ...pushed, tag: "1.4.2" }, "a test"))[0] ?? {};
    await house.ended(deployment ?? "");
    expect((await house.daemon.control.services())[0]?.image).toBe("reg.example/shop/web:1.4.2");
    const again = await house.up({
      web: { image: IMAGE, readyTimeoutMs: 20_000, autoredeploy: policy({ tags: { kind: "semver", range: "1.x" } }) },
    });
    expect(again.kept).toEqual([`web: image from deployment ${deployment}`]);
  });
});

describe("a registry that is away", () => {
  it("changes nothing, is told once, and what was pushed meanwhile comes in by itself", async () => {
    await begin({ everyMs: 20 });
    const before = await digestNow();
    images().registryDown = true;
    const next = images().publish(IMAGE, "second");
    const kinds = async () => (await house.daemon.control.events({ limit: 1000 })).map(({ kind }) => kind);
    await house.until(async () => (await kinds()).includes("autoredeploy.trouble"));
    expect(await notice()).toMatchObject({ deployment: null, reason: expect.stringContaining("INS3026") });
    expect(await digestNow()).toBe(before);
    images().registryDown = false;
    await house.until(async () => (await digestNow()) === next.shown);
    expect((await kinds()).filter((kind) => kind.startsWith("autoredeploy."))).toEqual([
      "autoredeploy.trouble",
      "autoredeploy.seen",
      "autoredeploy.recovered",
    ]);
  });

  it("for the moment of a notice is asked again soon, however seldom it is looked at", async () => {
    await begin();
    images().registryDown = true;
    const next = images().publish(IMAGE, "second");
    expect(await notice()).toMatchObject({ deployment: null, reason: expect.stringContaining("INS3026") });
    images().registryDown = false;
    await house.until(async () => (await digestNow()) === next.shown);
  });

  it("is looked at again after a restart of the daemon: a notice that was lost is made good", async () => {
    await begin();
    await house.close();
    const next = images().publish(IMAGE, "second");
    await house.open();
    await house.until(async () => (await digestNow()) === next.shown);
  });
});
