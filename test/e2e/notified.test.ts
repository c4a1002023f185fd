import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Variant } from "../apps/images.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { RealRegistry } from "./registry.ts";
import { rudeStack } from "./stacks.ts";
import { until } from "./until.ts";

const TAG = "live";
const VARIANTS = ["v1", "v2", "v3"] as const;
let instar: Installation;
let registry: RealRegistry;
let ear: Server;
let port: number;
/** When the registry told of a push, and whether that is passed on. */
const told: { at: number; digest: string }[] = [];
let passOn = true;

interface Envelope {
  readonly events: readonly {
    readonly action: string;
    readonly target: { readonly repository: string; readonly tag?: string; readonly digest: string };
  }[];
}

beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
  ear = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      reply.end();
      for (const { action, target } of (JSON.parse(Buffer.concat(chunks).toString()) as Envelope).events) {
        if (action !== "push" || target.tag !== TAG || !passOn) continue;
        told.push({ at: Date.now(), digest: target.digest });
        const notice = { registry: registry.domain, repository: target.repository, tag: target.tag, digest: target.digest };
        instar.ask("/v1/notices", "POST", notice).catch(() => undefined);
      }
    });
  }).listen(0, "127.0.0.1");
  await once(ear, "listening");
  registry = await RealRegistry.open(`http://127.0.0.1:${(ear.address() as AddressInfo).port}/`);
  // The layers are there: what is pushed below is a manifest.
  for (const variant of ["v2", "v3", "v1"] as const) await registry.push(instar.docker, variant, TAG);
  const autoredeploy = { every: "1h" };
  const more = { "x-instar": { ready: { http: "/healthz" }, drain: "1s", autoredeploy } };
  const { code, stderr } = await instar.apply("shop", rudeStack({ port, image: `${registry.domain}/shop/web:${TAG}`, replicas: 2, more }));
  expect(code, stderr).toBe(0);
});
afterAll(async () => {
  await instar?.wipe();
  await registry?.close(instar.docker);
  ear?.close();
});

const version = async (): Promise<string> =>
  ((await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })).json()) as { version: string }).version;
const automatic = async () => (await instar.history("shop/web")).deployments.filter(({ cause }) => cause.kind === "autoredeploy");
const settled = (wanted: Variant) =>
  until(
    `${wanted} to serve, and nothing to move`,
    async () => (await instar.latest("shop/web")).outcome !== "running" && (await version()) === wanted,
  );

describe("a registry that tells of pushes", () => {
  it("has a pushed image on its way at once", async () => {
    told.length = 0;
    const began = Date.now();
    await registry.push(instar.docker, "v2", TAG);
    const pushed = Date.now();
    await settled("v2");
    const [deployment] = await automatic();
    expect(deployment).toMatchObject({ outcome: "succeeded", cause: { who: "socket" } });
    const startedAt = deployment?.startedAt ?? 0;
    console.log(
      `  push took ${pushed - began} ms; told at ${(told[0]?.at ?? 0) - began} ms, deployment began ${startedAt - (told[0]?.at ?? 0)} ms after that, its rolling took ${deployment?.seconds} s`,
    );
    expect(startedAt).toBeGreaterThan(0);
  });

  it("ten pushes in a row: the last one serves, after at most two deployments", async () => {
    const before = (await automatic()).length;
    const began = Date.now();
    for (let n = 0; n < 10; n++) await registry.point(TAG, VARIANTS[n % 3] ?? "v1");
    const tookMs = Date.now() - began;
    await settled("v1");
    const begun = (await automatic()).length - before;
    console.log(`  ten pushes in ${tookMs} ms: ${begun} deployments`);
    expect(begun).toBeLessThanOrEqual(2);
  });

  it("and whose telling got lost is made good when the daemon looks again", async () => {
    passOn = false;
    await registry.point(TAG, "v3");
    await instar.kill();
    await instar.up();
    await settled("v3");
    passOn = true;
  });
});
