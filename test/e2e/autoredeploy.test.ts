import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude, type Variant } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { RealRegistry, removeImage } from "./registry.ts";
import { rudeStack } from "./stacks.ts";
import { until } from "./until.ts";
import { expectNoLoss } from "./witness.ts";

/** The present tag, and each image by its variant once it was pushed. */
const TAG = "live";
let instar: Installation;
let registry: RealRegistry;
let port: number;
const digests = new Map<Variant, string>();

beforeAll(async () => {
  instar = await Installation.start({ savesItsOwn: true });
  port = await freePort();
  registry = await RealRegistry.open();
  for (const variant of ["v2", "v3", "v1"] as const) digests.set(variant, await registry.push(instar.docker, variant, TAG));
});
afterAll(async () => {
  await instar?.wipe();
  await registry?.close(instar.docker);
});

const image = (): string => `${registry.domain}/shop/web:${TAG}`;
const file = (every: string): object =>
  rudeStack({
    port,
    image: image(),
    replicas: 2,
    more: { "x-instar": { ready: { http: "/healthz" }, drain: "2s", autoredeploy: { every } } },
  });
const version = async (): Promise<string> =>
  ((await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })).json()) as { version: string }).version;
const serves = (wanted: Variant) => until(`${wanted} to serve`, async () => (await version()) === wanted);
const kinds = async (): Promise<string[]> =>
  (await instar.ask<{ events: { kind: string }[] }>("/v1/events?limit=1000")).events.map(({ kind }) => kind);
const automatic = async () => (await instar.history("shop/web")).deployments.filter(({ cause }) => cause.kind === "autoredeploy");
const atRest = () => until("no deployment to run", async () => (await instar.latest("shop/web")).outcome !== "running");

describe("a service that follows its tag", () => {
  it("has a pushed image in service by polling, within `every` and the rolling, without a failed request", async () => {
    const { code, stderr } = await instar.apply("shop", file("1s"));
    expect(code, stderr).toBe(0);
    expect(await version()).toBe("v1");
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, rate: 50, slowMs: 300 });
    const pushed = await registry.push(instar.docker, "v2", TAG);
    expect(pushed).toBe(digests.get("v2"));
    await serves("v2");
    await atRest();
    expectNoLoss(await load.stop());
    expect((await automatic()).map(({ outcome }) => outcome)).toEqual(["succeeded"]);
    const serving = (await instar.instances()).filter(({ phase }) => phase === "serving");
    expect(serving.map(({ digest }) => digest)).toEqual([pushed, pushed]);
  });

  it("goes with a tag that moves back, and not again once it is there", async () => {
    await registry.push(instar.docker, "v1", TAG);
    await serves("v1");
    await atRest();
    const count = (await automatic()).length;
    await registry.push(instar.docker, "v1", TAG);
    await instar.json("watch");
    expect(await automatic()).toHaveLength(count);
  });

  it("keeps serving while the registry is away, tells it once, and takes in what was pushed as soon as it is back", async () => {
    const before = (await instar.running("web")).map(({ id }) => id).sort();
    await registry.push(instar.docker, "v3", "other");
    await registry.stop();
    await until("the trouble to be told", async () => (await kinds()).includes("autoredeploy.trouble"));
    const [watch] = (await instar.json<{ watches: { state: string; reason: string }[] }>("watch")).watches;
    expect(watch).toMatchObject({ state: "trouble", reason: expect.stringContaining("INS3026") });
    expect((await instar.running("web")).map(({ id }) => id).sort()).toEqual(before);
    await registry.start();
    await registry.push(instar.docker, "v3", TAG);
    await serves("v3");
    await atRest();
    expect((await kinds()).filter((kind) => kind === "autoredeploy.trouble")).toHaveLength(1);
    expect(await kinds()).toContain("autoredeploy.recovered");
  });

  it("is pinned by a rollback to what the tag left: by digest after the engine forgot it, and refused while the registry is down", async () => {
    const { revisions } = await instar.history("shop/web");
    const second = revisions.find(({ digest }) => digest === digests.get("v2"))?.number ?? 0;
    await forget("v2");
    await registry.stop();
    const before = (await instar.running("web")).map(({ id }) => id).sort();
    const refused = await instar.refused("rollback", "shop/web", "--to", String(second));
    expect([refused.code, refused.message]).toEqual(["INS2009", expect.stringMatching(/cannot be reached/)]);
    expect((await instar.running("web")).map(({ id }) => id).sort()).toEqual(before);
    await registry.start();
    await instar.moved("rollback", "shop/web", "--to", String(second));
    expect(await version()).toBe("v2");
    const count = (await automatic()).length;
    await registry.push(instar.docker, "v1", TAG);
    await until("the push to be seen", async () =>
      (await instar.json<{ watches: { state: string; candidate: { digest: string } | null }[] }>("watch")).watches.some(
        ({ state, candidate }) => state === "pinned" && candidate?.digest === digests.get("v1"),
      ),
    );
    expect(await version()).toBe("v2");
    expect(await automatic()).toHaveLength(count);
    await instar.json("unpin", "shop/web");
    await serves("v1");
    await atRest();
  });
});

/** As `docker image prune -af` where no container is: every name goes, and with the last one the image. The tests make theirs again. */
async function forget(variant: Variant): Promise<void> {
  // Nameless ones that were built of it would keep it.
  await instar.docker.pruneImages({ filters: { dangling: { true: true } } });
  const { Id, RepoTags, RepoDigests } = await instar.docker.getImage(rude(variant)).inspect();
  for (const name of [...(RepoTags ?? []), ...(RepoDigests ?? [])]) await removeImage(instar.docker, name);
  const made = (await instar.docker.listImages({ all: true })).filter((one) => [one.Id, one.ParentId].includes(Id));
  if (made.length > 0)
    throw new Error(`${variant} is not gone: ${JSON.stringify(made.map((one) => [one.Id, one.RepoTags, one.ParentId]))}`);
}
