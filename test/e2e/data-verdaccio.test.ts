import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Pause } from "../../src/plan/pauses.ts";
import { ensureServer, VERDACCIO } from "../apps/servers.ts";
import { startLoad } from "../load/load.ts";
import { reading } from "../load/packages.ts";
import type { LoadReport } from "../load/report.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { expectSteady } from "./steady.ts";
import { counted, expectOneAtATime, pausesInWords, type Trial, undergo } from "./trials.ts";
import { EngineWatch } from "./watch.ts";
import { expectNoLoss } from "./witness.ts";

const COUNTS = counted({ redeploys: 10, rollbacks: 0, kills: 0, daemonKills: 0 }, { redeploys: 2, rollbacks: 0, kills: 0, daemonKills: 0 });

let instar: Installation;
let watch: EngineWatch;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  await ensureServer(instar.docker, VERDACCIO);
  watch = await EngineWatch.start(instar.docker);
  port = await freePort();
});
afterAll(async () => {
  watch?.stop();
  await instar?.wipe();
});

const file = (generation: number): object => ({
  services: {
    registry: {
      image: VERDACCIO,
      ports: [{ target: 4873, published: String(port), app_protocol: "http" }],
      volumes: ["packages:/verdaccio"],
      environment: { GENERATION: String(generation) },
      "x-instar": { ready: { http: "/-/ping" } },
    },
  },
  volumes: { packages: {} },
});

/** One GET on a connection of its own: the body of a 200. */
function read(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        if (answer.statusCode === 200) resolve(text);
        else reject(new Error(`${path}: ${answer.statusCode} ${text}`));
      });
    })
      .on("error", reject)
      .end();
  });
}

/** For each pause the ms from its end to the first answer for somebody who waited: the rest is how fast a fresh application works off what has gathered. */
const firstAnswers = (pauses: readonly Pause[], { requests }: LoadReport): readonly number[] =>
  pauses.map(({ from, ms }) => {
    const waited = requests.filter((one) => one.sentAt > from && one.sentAt < from + ms && one.endedAt >= from + ms);
    return Math.min(...waited.map(({ endedAt }) => endedAt)) - from - ms;
  });

describe("a registry of packages with its storage in a volume, one replica", () => {
  it("is redeployed under load, publishes included: 0 failed requests, no package lost", { timeout: 900_000 }, async () => {
    const first = await instar.apply("shop", file(0));
    expect(first.code, first.stderr).toBe(0);
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, rate: 100, webSockets: 0, traffic: "packages" });
    const trial: Trial = { instar, watch, stack: "shop", service: "registry", path: "/verdaccio", file, counts: COUNTS };
    await undergo(trial);
    const result = await load.stop();
    await expectSteady(instar, "shop/registry", { replicas: 1, image: VERDACCIO });

    const published = result.requests.filter(({ method, error }) => method === "PUT" && error === null).map(({ n }) => n);
    const lost: string[] = [];
    for (const n of published) {
      for (const what of ["document", "tarball"] as const) {
        const { path, judge } = reading(n, what);
        const { error } = judge(await read(path));
        if (error !== null) lost.push(error);
      }
    }
    const pauses = (await instar.history("shop/registry")).deployments.flatMap((one) => one.pauses);
    const longest = Math.max(...pauses.map(({ ms }) => ms));
    console.log(
      `  ${await pausesInWords(trial)}; ${published.length} packages published, ${lost.length} lost\n  the slowest request took ${result.maxMs - longest} ms more than the longest pause; after their ends the first answers came within ${firstAnswers(pauses, result).join(", ")} ms`,
    );
    expectNoLoss(result);
    expect(lost).toEqual([]);
    expect(published.length).toBeGreaterThan(5 * COUNTS.redeploys);
    expect(pauses.length, "stop-first, by itself").toBe(COUNTS.redeploys);
    expect(result.maxMs, "the slowest request waited for a swap, and not for a second one").toBeLessThan(2 * longest);
    expect(expectOneAtATime(trial)).toBe(1 + COUNTS.redeploys);
  });
});
