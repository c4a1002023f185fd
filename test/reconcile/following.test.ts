import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AutoredeploySpec, ServiceSpec } from "../../src/spec/types.ts";
import { upRequest } from "../conformance/up-request.ts";
import { FakeRegistries } from "../sim/fake-registries.ts";
import { House, stack } from "./house.ts";

/** What is followed, and what comes of it when the registry has not what is looked for. */
let house: House;
/** What the registry is asked. */
let asked: readonly string[];
beforeEach(async () => {
  let registries: FakeRegistries | null = null;
  const there = (): FakeRegistries => {
    registries ??= new FakeRegistries(house.engine.control.images);
    asked = registries.asked;
    return registries;
  };
  asked = [];
  house = await House.build({
    head: (of, version) => there().head(of, version),
    platformImage: (of, head) => there().platformImage(of, head),
    tags: (of) => there().tags(of),
    manifest: () => there().manifest(),
    blob: () => there().blob(),
    referrers: () => there().referrers(),
  });
});
afterEach(async () => house.wipe());

const IMAGE = "reg.example/shop/web:1";
const key = { stack: "shop", service: "web" };
const pushed = { registry: "reg.example", repository: "shop/web", tag: "1", digest: null };
const policy = (more: Partial<AutoredeploySpec> = {}): AutoredeploySpec => ({
  ...{ tags: { kind: "same-tag" }, everyMs: 3_600_000, minAgeMs: 0, approve: false, window: null },
  ...more,
});
const images = () => house.engine.control.images;
const web = (autoredeploy: AutoredeploySpec, more: Partial<ServiceSpec> = {}) => ({ web: { image: IMAGE, autoredeploy, ...more } });
const begin = async (more: Partial<AutoredeploySpec> = {}): Promise<void> => {
  images().publish(IMAGE, "first");
  const [first] = await house.upToTheEnd(web(policy(more)));
  expect(first?.outcome).toBe("succeeded");
};
const notice = async (image: Partial<typeof pushed> = {}) => house.daemon.control.autoredeploy.noticed({ ...pushed, ...image }, "a test");
const watched = async () => (await house.daemon.control.autoredeploy.watched())[0];
const digestNow = async (): Promise<string> => (await house.daemon.control.services())[0]?.digest ?? "";
const deployments = async (): Promise<number> => (await house.daemon.control.history(key)).deployments.length;

describe("a registry that has not what is followed is trouble, and what runs goes on", () => {
  it("its tag was removed; it recovers with the tag", async () => {
    await begin();
    const serving = await house.serving();
    images().withdraw(IMAGE);
    const because = "INS3004 the registry has no reg.example/shop/web:1";
    expect(await notice()).toEqual([{ service: "shop/web", deployment: null, reason: because }]);
    expect(await watched()).toMatchObject({ state: "trouble", reason: because });
    expect(await house.serving()).toEqual(serving);
    const next = images().publish(IMAGE, "second");
    const [reaction] = await notice();
    expect((await house.ended(reaction?.deployment ?? "")).outcome).toBe("succeeded");
    expect(await digestNow()).toBe(next.shown);
    expect(await watched()).toMatchObject({ state: "up-to-date" });
  });

  it("no tag fits the rule, not even the present one", async () => {
    await begin({ tags: { kind: "glob", pattern: "v*" } });
    images().publish("reg.example/shop/web:2", "second");
    await house.until(async () => (await watched())?.state === "trouble");
    expect((await watched())?.reason).toBe("INS3004 no tag of reg.example/shop/web fits v*");
    expect([await deployments(), (await house.serving()).length]).toEqual([1, 2]);
  });

  it("it has nothing for this engine's platform, or no longer has it", async () => {
    await begin();
    const before = await digestNow();
    images().withdraw(images().publish(IMAGE, "second").runnable);
    const [reaction] = await notice();
    expect(reaction).toMatchObject({
      deployment: null,
      reason: "INS3004 reg.example/shop/web:1 is gone again, or has no image for linux/amd64",
    });
    expect([await digestNow(), await deployments()]).toEqual([before, 1]);
  });
});

describe("a service with nothing to follow", () => {
  it("is held at a digest: the registry is not asked, also by a notice, which is answered so", async () => {
    const held = images().publish(IMAGE, "first").runnable;
    await house.upToTheEnd(web(policy({ everyMs: 5 }), { image: held }));
    images().publish(IMAGE, "second");
    const before = await watched();
    // Some looks that are due go by.
    await house.until(async () => ((await watched())?.nextLookAt ?? 0) > (before?.nextLookAt ?? 0) + 5);
    expect(await notice()).toEqual([{ service: "shop/web", deployment: null, reason: "its image has no tag in a registry" }]);
    expect(await watched()).toMatchObject({ state: "nothing-to-watch", watches: "", lookedAt: null });
    expect([asked, await deployments()]).toEqual([[], 1]);
  });

  it("is built from the file's own folder, whatever its image is called", async () => {
    images().publish(IMAGE, "first");
    images().add(IMAGE, "built here");
    await house.upToTheEnd(web(policy({ everyMs: 5 }), { build: { context: ".", dockerfile: "Dockerfile", args: {}, target: null } }), {
      built: { web: IMAGE },
    });
    expect(await watched()).toMatchObject({ state: "nothing-to-watch" });
    expect(asked).toEqual([]);
  });

  it("was taken down: a notice gets no answer for it", async () => {
    await begin();
    await house.daemon.control.down("shop", { volumes: false, who: "me" });
    images().publish(IMAGE, "second");
    expect(await notice()).toEqual([]);
    expect(await house.daemon.control.autoredeploy.watched()).toEqual([]);
  });
});

it("what is followed is told of one stack alone, where that is asked for", async () => {
  await begin();
  const networks = { default: { name: "other_default", external: false, internal: false, labels: {} } };
  const other = {
    ...stack({ app: { image: IMAGE, ports: [], expose: [80], autoredeploy: policy() } }),
    name: "other",
    networks,
    volumes: {},
  };
  await house.daemon.control.up(upRequest(other, { contents: {} }));
  const names = async (of?: string) => (await house.daemon.control.autoredeploy.watched(of)).map((one) => `${one.stack}/${one.service}`);
  expect(await names("other")).toEqual(["other/app"]);
  expect(await names("shop")).toEqual(["shop/web"]);
  expect(await names()).toEqual(["shop/web", "other/app"]);
});

it("a notice of Docker Hub is one by whatever name the Hub is called", async () => {
  images().publish("shop/hub:1", "first");
  await house.upToTheEnd(web(policy(), { image: "shop/hub:1" }));
  const of = (registry: string) => notice({ registry, repository: "shop/hub" });
  for (const registry of ["docker.io", "registry-1.docker.io", "registry.hub.docker.com"])
    expect(await of(registry)).toMatchObject([{ service: "shop/web", deployment: null }]);
  expect(await of("hub.example")).toEqual([]);
  images().publish("shop/hub:1", "second");
  expect(await of("index.docker.io")).toMatchObject([{ service: "shop/web", deployment: "D2" }]);
});
