import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureServer, REDIS } from "../apps/servers.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { Redis } from "./redis.ts";
import { expectSteady } from "./steady.ts";
import { counted, expectOneAtATime, pausesInWords, type Trial, undergo } from "./trials.ts";
import { until } from "./until.ts";
import { EngineWatch } from "./watch.ts";
import { Writer } from "./writer.ts";

const KEYS = 10_000;
const RATE = 100;
const COUNTS = counted({ redeploys: 10, rollbacks: 2, kills: 3, daemonKills: 2 }, { redeploys: 3, rollbacks: 1, kills: 1, daemonKills: 1 });

let instar: Installation;
let watch: EngineWatch;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  await ensureServer(instar.docker, REDIS);
  watch = await EngineWatch.start(instar.docker);
  port = await freePort();
});
afterAll(async () => {
  watch?.stop();
  await instar?.wipe();
});

const file = (generation: number): object => ({
  services: {
    cache: { image: REDIS, ports: [`${port}:6379`], volumes: ["kept:/data"], environment: { GENERATION: String(generation) } },
  },
  volumes: { kept: {} },
});

const bodyOf = (n: number): string => `row ${n} ${"x".repeat(n % 200)}`;

describe("Redis on a named volume", () => {
  it("loses no acknowledged write over redeploys, a rollback, kills of it and of the daemon", { timeout: 900_000 }, async () => {
    const first = await instar.apply("shop", file(0));
    expect(first.code, first.stderr).toBe(0);
    const loader = await until("Redis to answer", async () => {
      const client = await Redis.open(port);
      await client.ask("PING");
      return client;
    });
    const old = Array.from({ length: KEYS }, (_, n) => `old:${n}`);
    await Promise.all(old.map((key) => loader.ask("SET", key, key)));
    loader.close();

    const writer = new Writer(async () => {
      const client = await Redis.open(port);
      return { write: async (n) => void (await client.ask("SET", `row:${n}`, bodyOf(n))), close: () => client.close() };
    }, RATE);
    const trial: Trial = { instar, watch, stack: "shop", service: "cache", path: "/data", file, counts: COUNTS };
    const volume = await undergo(trial);
    await writer.stop();
    await expectSteady(instar, "shop/cache", { replicas: 1, image: REDIS });

    const reader = await Redis.open(port);
    const kept = await Promise.all(old.map((key) => reader.ask("GET", key)));
    const rows = await Promise.all(Array.from({ length: writer.acknowledged }, (_, n) => reader.ask("GET", `row:${n + 1}`)));
    const size = await reader.ask("DBSIZE");
    reader.close();
    const lost = rows.flatMap((row, n) => (row === bodyOf(n + 1) ? [] : [n + 1]));
    const lives = expectOneAtATime(trial);
    console.log(`  ${writer.inWords()}; ${lost.length} of them lost\n  ${await pausesInWords(trial)}; ${lives} lives on ${volume}`);

    expect(volume).toBe("shop_kept");
    expect(lost, "acknowledged rows that are not there").toEqual([]);
    expect(kept).toEqual(old);
    expect(size, "rows nobody was told of: at most the one under way").toBeLessThanOrEqual(KEYS + writer.acknowledged + 1);
    expect(writer.acknowledged).toBeGreaterThan(100);
    expect(lives).toBeGreaterThanOrEqual(1 + COUNTS.redeploys + COUNTS.rollbacks + COUNTS.kills + COUNTS.daemonKills);
  });
});
