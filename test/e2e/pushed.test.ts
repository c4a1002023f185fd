import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeploymentView, EventView } from "../../src/reconcile/control.ts";
import { rude, type Variant } from "../apps/images.ts";
import { openRegistry, type Registry } from "../real/registry.ts";
import { claim, Pusher, signatureOf, signers } from "../real/signing.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeStack } from "./stacks.ts";
import { until } from "./until.ts";

/** From a pushed image to a serving instance, over a real registry: its notification, a signature, a promotion. */
let instar: Installation;
let registry: Registry;
let port: number;
const SERVICE = "shop/web";
const tagged = new Set<string>();

/** A developer's push: this variant under that tag. Resolves with the manifest's digest. */
async function push(variant: Variant, name: string): Promise<string> {
  const { docker } = instar;
  const [repo = "", tag = ""] = [name.slice(0, name.lastIndexOf(":")), name.slice(name.lastIndexOf(":") + 1)];
  await docker.getImage(rude(variant)).tag({ repo, tag });
  tagged.add(name);
  const stream = await docker.getImage(repo).push({ tag, authconfig: { username: "", password: "", serveraddress: registry.domain } });
  await new Promise<void>((resolve, reject) =>
    docker.modem.followProgress(stream, (error: Error | null) => (error === null ? resolve() : reject(error))),
  );
  const found = await docker.getImage(name).inspect();
  const digest = found.RepoDigests.find((one) => one.startsWith(`${repo}@`))?.split("@")[1];
  if (digest === undefined) throw new Error(`${name} has no digest after its push`);
  return digest;
}

const image = (path: string): string => `${registry.domain}/${path}`;
const serving = async (service: string): Promise<string | undefined> =>
  (await instar.services()).find((one) => `${one.stack}/${one.service}` === service)?.digest;
const events = async (): Promise<readonly EventView[]> => (await instar.ask<{ events: EventView[] }>("/v1/events?limit=1000")).events;
const stack = (of: string, more: object = {}, on = port): object =>
  rudeStack({ port: on, image: image(of), replicas: 1, drain: "1s", more });

beforeAll(async () => {
  instar = await Installation.start();
  registry = await openRegistry({ withLogin: false });
  port = await freePort();
  await push("v1", image("shop/web:1.4"));
  await instar.apply("shop", stack("shop/web:1.4"));
});
afterAll(async () => {
  await instar.wipe();
  // Once nothing runs of them: an image that was built of another one would keep that one, nameless.
  for (const name of tagged) await instar.docker.getImage(name).remove({ force: true });
  await registry.close();
});

describe("a trigger that the registry itself calls", () => {
  it("brings a pushed image in, with the trigger as the cause; the same digest again moves nothing", async () => {
    const created = await instar.run("trigger", "create", SERVICE);
    expect(created.code, created.stderr).toBe(0);
    const url = created.stdout.trim();
    await registry.notify(url);
    const digest = await push("v2", image("shop/web:1.4"));
    const pushedAt = Date.now();
    const deployment = await until<DeploymentView>("the pushed image to serve", async () => {
      const latest = await instar.latest(SERVICE);
      return latest.cause.kind === "trigger" && latest.outcome === "succeeded" ? latest : null;
    });
    expect(await serving(SERVICE)).toBe(digest);
    expect(deployment.cause.who).toMatch(/^trigger:t[0-9a-f]{10}$/);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain("v2");
    console.log(`pushed → begun ${deployment.startedAt - pushedAt} ms, → serving ${(deployment.endedAt ?? 0) - pushedAt} ms`);
    await push("v2", image("shop/web:1.4"));
    const again = await fetch(url, { method: "POST", body: JSON.stringify({ image: image("shop/web"), tag: "1.4" }) });
    expect(await again.json()).toMatchObject({ accepted: true, deployment: null, reason: expect.stringContaining("already") });
    expect((await instar.latest(SERVICE)).id).toBe(deployment.id);
  });

  it("is refused with another secret, for another image, and after it was removed; each time it is an event", async () => {
    const { trigger, url } = await instar.json<{ trigger: { id: string }; url: string }>("trigger", "create", SERVICE);
    const call = (to: string, body: object) => fetch(to, { method: "POST", body: JSON.stringify(body) });
    expect((await call(`${url.slice(0, -4)}zzzz`, {})).status).toBe(404);
    expect((await call(url, { image: image("shop/other"), tag: "1.4" })).status).toBe(409);
    await instar.json("trigger", "rm", trigger.id);
    expect((await call(url, {})).status).toBe(404);
    const refused = (await events()).filter(
      ({ kind, message }) => kind === "trigger.refused" && !message.includes("INS2053 it is about the tag"),
    );
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect((await events()).some(({ message }) => message.includes(url.split("/").at(-1) ?? "-"))).toBe(false);
  });
});

describe("an image that must be signed", () => {
  it("is refused without a signature and with a wrong one, before anything changes; runs when it is signed", async () => {
    const release = signers.ec();
    mkdirSync(join(instar.home, "files", "keys"), { recursive: true });
    writeFileSync(join(instar.home, "files", "keys", "release.pub"), release.cosign);
    const own = await freePort();
    const verify = { "x-instar": { ready: { http: "/healthz" }, drain: "1s", verify: { cosign: "keys/release.pub" } } };
    const file = instar.file("safe", stack("shop/safe:1", verify, own));
    const pusher = new Pusher(registry.domain, "shop/safe");
    const first = await push("v1", image("shop/safe:1"));
    const up = ["up", "-f", file, "--stack", "safe"];
    expect(await instar.refused(...up)).toMatchObject({ exit: 1, code: "INS3032", message: expect.stringContaining(first) });
    expect((await instar.services()).some((one) => one.stack === "safe")).toBe(false);
    await pusher.tagged(first, [[claim(first), signatureOf(signers.ec(), claim(first))]]);
    expect(await instar.refused(...up)).toMatchObject({ code: "INS3033", message: expect.stringContaining("not made with this key") });
    await pusher.tagged(first, [[claim(first), signatureOf(release, claim(first))]]);
    await instar.moved(...up);
    const before = (await instar.running("web")).map(({ id }) => id);
    const second = await push("v2", image("shop/safe:1"));
    await pusher.tagged(second, [[claim(first), signatureOf(release, claim(first))]]);
    expect(await instar.refused("redeploy", "safe/web")).toMatchObject({
      code: "INS3033",
      message: expect.stringContaining(`instead of ${second}`),
    });
    expect(await instar.refused("deploy", "safe/web", "--image", rude("v3"))).toMatchObject({ code: "INS3034" });
    expect((await instar.running("web")).map(({ id }) => id)).toEqual(before);
    await pusher.referring(second, [[claim(second), signatureOf(release, claim(second))]]);
    await instar.moved("redeploy", "safe/web");
    expect(await serving("safe/web")).toBe(second);
  });
});

describe("deploy --from", () => {
  it("takes the very digest that serves there, though its tag has moved since", async () => {
    const own = await freePort();
    await instar.apply("prod", stack("shop/web:1.4", {}, own));
    const tried = await serving(SERVICE);
    await push("v3", image("shop/elsewhere:1"));
    await instar.moved("deploy", "prod/web", "--image", image("shop/elsewhere:1"));
    const promoted = await instar.moved("deploy", "prod/web", "--from", SERVICE);
    expect(promoted.promoted).toMatchObject({ stack: "shop", service: "web" });
    expect(await serving("prod/web")).toBe(tried);
    expect((await instar.instances()).filter(({ stack: of }) => of === "prod").map(({ digest }) => digest)).toEqual([tried]);
  });
});

describe("instar build --push", () => {
  it("puts what a file builds into its registry, from where another stack has it by itself", async () => {
    const name = image("shop/built:1");
    await push("v1", name);
    const own = await freePort();
    await instar.apply(
      "built",
      stack("shop/built:1", { "x-instar": { ready: { http: "/healthz" }, drain: "1s", autoredeploy: true } }, own),
    );
    mkdirSync(join(instar.home, "files", "context"), { recursive: true });
    writeFileSync(join(instar.home, "files", "context", "Dockerfile"), `FROM ${rude("v2")}\nLABEL made=here\n`);
    const file = instar.file("builder", { services: { web: { build: "./context", image: name } } });
    const { images } = await instar.json<{ images: { image: string; pushed: { reference: string; digest: string } }[] }>(
      ...["build", "-f", file, "--stack", "builder", "--push"],
    );
    tagged.add(images[0]?.image ?? "");
    expect(images).toMatchObject([{ stack: "builder", service: "web", pushed: { reference: name } }]);
    expect((await instar.services()).some((one) => one.stack === "builder")).toBe(false);
    await instar.ask("/v1/notices", "POST", { registry: registry.domain, repository: "shop/built", tag: "1", digest: null });
    const answer = async (): Promise<string> => (await fetch(`http://127.0.0.1:${own}/`)).text();
    await until("the built image to serve", async () => (await answer()).includes('"version":"v2"'));
    expect(await serving("built/web")).toBe(images[0]?.pushed.digest);
  });
});
