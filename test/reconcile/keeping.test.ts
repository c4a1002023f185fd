import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ImageIdentity } from "../../src/spec/types.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const key = { stack: "shop", service: "web" };
const images = () => house.engine.control.images;
const ended = async (begun: Promise<{ id: string }>) => house.ended((await begun).id);
const imageOf = async (number: number): Promise<ImageIdentity> => {
  const found = (await house.daemon.control.images.list(key)).find(({ revision }) => revision === number);
  return { reference: found?.reference ?? "", digests: [found?.digest ?? ""], runnable: found?.digest ?? "", shown: found?.digest ?? "" };
};
const states = async () =>
  (await house.daemon.control.images.list(key)).map(({ revision, state, saved, kept }) => ({ revision, state, saved, kept }));

describe("an image made here", () => {
  it("is saved before its deployment counts as succeeded, and comes back after a prune of the engine", async () => {
    await house.upToTheEnd({ web: { image: "shop/web:v1", readyTimeoutMs: 20_000 } });
    await house.upToTheEnd({ web: { image: "shop/web:v2", readyTimeoutMs: 20_000 } });
    expect(await states()).toMatchObject([{ saved: true }, { saved: true }]);
    images().forget(await imageOf(1));
    expect((await states())[1]).toMatchObject({ revision: 1, state: "saved" });
    const back = await ended(house.daemon.control.rollback(key, { to: 1, data: false }, "me"));
    expect(back.outcome).toBe("succeeded");
    expect((await states())[1]).toMatchObject({ revision: 1, state: "present" });
  });

  it("with keep: 0 is not saved; gone, a rollback says so and touches nothing", async () => {
    await house.upToTheEnd({ web: { image: "shop/web:v1", keep: 0, readyTimeoutMs: 20_000 } });
    await house.upToTheEnd({ web: { image: "shop/web:v2", keep: 0, readyTimeoutMs: 20_000 } });
    images().forget(await imageOf(1));
    expect((await states())[1]).toMatchObject({ state: "gone", saved: false });
    const before = await house.serving();
    await expect(house.daemon.control.rollback(key, { to: 1, data: false }, "me")).rejects.toMatchObject({ code: "INS2009" });
    expect(await house.serving()).toEqual(before);
    expect((await house.daemon.control.history(key)).deployments).toHaveLength(2);
  });

  it("that cannot be saved fails its deployment, which goes back", async () => {
    await house.upToTheEnd({ web: { image: "shop/web:v1", readyTimeoutMs: 20_000 } });
    images().unreadable = true;
    const [failed] = await house.upToTheEnd({ web: { image: "shop/web:v2", readyTimeoutMs: 20_000 } });
    expect(failed).toMatchObject({ outcome: "rolled-back", reason: expect.stringMatching(/INS3031.*could not be saved/) });
    images().unreadable = false;
    expect((await house.upToTheEnd({ web: { image: "shop/web:v2", readyTimeoutMs: 20_000 } }))[0]?.outcome).toBe("succeeded");
  });
});

describe("an image of a registry", () => {
  const IMAGE = "reg.example/shop/web:1";
  const begin = async (): Promise<ImageIdentity> => {
    const first = images().publish(IMAGE, "first");
    await house.upToTheEnd({ web: { image: IMAGE, readyTimeoutMs: 20_000 } });
    images().publish(IMAGE, "second");
    await ended(house.daemon.control.redeploy(key, "me"));
    return first;
  };

  it("is not saved: after the tag moved and the engine forgot it, it is pulled by its digest", async () => {
    const first = await begin();
    images().forget(first);
    expect(await states()).toMatchObject([
      { revision: 2, state: "present" },
      { revision: 1, state: "pullable", saved: false },
    ]);
    await ended(house.daemon.control.rollback(key, { to: 1, data: false }, "me"));
    expect((await house.daemon.control.services())[0]?.digest).toBe(first.shown);
  });

  it("is gone when its registry has it no more either, and that is told with the registry's name", async () => {
    const first = await begin();
    images().forget(first);
    images().published = () => null;
    const [, old] = await house.daemon.control.images.list(key);
    expect(old).toMatchObject({ revision: 1, state: "gone", saved: false, detail: "reg.example has it no more" });
  });

  it("with the registry down a rollback and a recycle say so before anything is touched", async () => {
    const first = await begin();
    images().forget(first);
    images().registryDown = true;
    const before = await house.serving();
    const down = { code: "INS2009", message: expect.stringContaining("cannot be reached") };
    await expect(house.daemon.control.rollback(key, { to: 1, data: false }, "me")).rejects.toMatchObject(down);
    expect((await states())[1]).toMatchObject({ state: "unknown" });
    for (const image of [await imageOf(2)]) images().forget(image);
    await expect(house.daemon.control.recycle(key, "me")).rejects.toMatchObject(down);
    expect(await house.serving()).toEqual(before);
  });
});

describe("prune", () => {
  it("lets go of what Instar pulled or saved for revisions that nobody can go back to, and of nothing else", async () => {
    const tags = ["1", "2", "3", "4"].map((tag) => `reg.example/shop/web:${tag}`);
    for (const image of tags) {
      images().publish(image);
      await house.upToTheEnd({ web: { image, keep: 2, readyTimeoutMs: 20_000 } });
    }
    // Somebody else's: no revision names it.
    images().add("other/thing:1");
    const dry = await house.daemon.control.images.prune({ dryRun: true, who: "me" });
    expect(dry.removed).toEqual(expect.arrayContaining(["reg.example/shop/web:1", "reg.example/shop/web:2"]));
    expect(dry.removed.join(" ")).not.toMatch(/web:[34]|other/);
    expect((await states()).map(({ state, kept }) => [state, kept])).toEqual([
      ["present", true],
      ["present", true],
      ["present", false],
      ["present", false],
    ]);
    const done = await house.daemon.control.images.prune({ dryRun: false, who: "me" });
    expect([...done.removed].sort()).toEqual(["reg.example/shop/web:1", "reg.example/shop/web:2"]);
    expect((await states()).map(({ state }) => state)).toEqual(["present", "present", "pullable", "pullable"]);
    expect((await house.daemon.control.images.prune({ dryRun: false, who: "me" })).removed).toEqual([]);
    expect(await house.serving()).toHaveLength(2);
  });

  it("lets go neither of the revision that a running deployment comes from nor of the one it goes to", async () => {
    const tags = ["1", "2", "3"].map((tag) => `reg.example/shop/web:${tag}`);
    for (const image of tags) images().publish(image);
    const of = (image: string | undefined) => ({ web: { image: image ?? "", keep: 0, readyTimeoutMs: 60_000 } });
    for (const image of tags.slice(0, 2)) await house.upToTheEnd(of(image));
    house.engine.control.behave(tags[2] ?? "", { readyAfterMs: null });
    await house.up(of(tags[2]));
    await house.until(async () => (await house.daemon.control.images.list(key)).length === 3);
    expect((await states()).map(({ revision, kept }) => [revision, kept])).toEqual([
      [3, true],
      [2, true],
      [1, false],
    ]);
    expect((await house.daemon.control.images.prune({ dryRun: false, who: "me" })).removed).toEqual([tags[0]]);
  });

  it("leaves what somebody's container uses, says so, and lets go of it once that is gone", async () => {
    const tags = ["1", "2"].map((tag) => `reg.example/shop/web:${tag}`);
    for (const image of tags) {
      images().publish(image);
      await house.upToTheEnd({ web: { image, keep: 1, readyTimeoutMs: 20_000 } });
    }
    const { removeImage } = house.engine;
    house.engine.removeImage = async () => "kept";
    expect(await house.daemon.control.images.prune({ dryRun: false, who: "me" })).toMatchObject({
      removed: [],
      inUse: expect.arrayContaining([tags[0]]),
    });
    house.engine.removeImage = removeImage;
    expect(await house.daemon.control.images.prune({ dryRun: false, who: "me" })).toMatchObject({ removed: [tags[0]], inUse: [] });
  });

  it("takes saved images along, and what is deployed again afterwards is saved again", async () => {
    for (const tag of ["v1", "v2", "v3"]) await house.upToTheEnd({ web: { image: `shop/web:${tag}`, keep: 1, readyTimeoutMs: 20_000 } });
    const done = await house.daemon.control.images.prune({ dryRun: false, who: "me" });
    expect(done).toMatchObject({ removed: [], unsaved: [expect.anything(), expect.anything()] });
    expect(done.bytes).toBeGreaterThan(0);
    expect((await states()).map(({ saved }) => saved)).toEqual([true, false, false]);
    await house.upToTheEnd({ web: { image: "shop/web:v1", keep: 1, readyTimeoutMs: 20_000 } });
    expect((await states())[0]).toMatchObject({ saved: true });
  });
});
