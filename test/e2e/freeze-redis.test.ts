import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Snapshot } from "../../src/reconcile/snapshots.ts";
import { ensureServer, REDIS } from "../apps/servers.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { Redis } from "./redis.ts";
import { LONG } from "./size.ts";
import { pause, until } from "./until.ts";
import { Writer } from "./writer.ts";

const OLD = 20_000;
const bodyOf = (n: number): string => `row ${n} ${"x".repeat(n % 200)}`;

/** As docs/volumes.md shows it; the mechanism itself is in freeze.test.ts. */
describe.skipIf(!LONG)("Redis, frozen by CLIENT PAUSE and SAVE", () => {
  let instar: Installation;
  let port: number;
  beforeAll(async () => {
    instar = await Installation.start();
    await ensureServer(instar.docker, REDIS);
    port = await freePort();
  });
  afterAll(async () => instar?.wipe());

  it("the snapshot has every write acknowledged before it, and no write fails or is lost", { timeout: 300_000 }, async () => {
    const freeze = { command: "redis-cli CLIENT PAUSE 600000 WRITE && redis-cli SAVE", thaw: ["redis-cli", "CLIENT", "UNPAUSE"] };
    await instar.apply("shop", {
      services: { cache: { image: REDIS, ports: [`${port}:6379`], volumes: ["kept:/data"] } },
      volumes: { kept: { "x-instar": { freeze } } },
    });
    const loader = await until("Redis to answer", async () => {
      const client = await Redis.open(port);
      await client.ask("PING");
      return client;
    });
    await Promise.all(Array.from({ length: OLD }, (_, n) => loader.ask("SET", `old:${n}`, bodyOf(n))));
    loader.close();
    const writer = new Writer(async () => {
      const client = await Redis.open(port);
      return { write: async (n) => void (await client.ask("SET", `row:${n}`, bodyOf(n))), close: () => client.close() };
    }, 100);
    await pause(1000);
    const before = writer.acknowledged;
    const { snapshots } = await instar.json<{ snapshots: Snapshot[] }>("snapshot", "create", "shop/cache");
    const after = writer.acknowledged;
    await pause(500);
    await writer.stop();
    // One that has been idle for long is given up.
    const asker = await Redis.open(port);
    const there = await asker.ask("DBSIZE");
    asker.close();

    const id = snapshots[0]?.id ?? "";
    await instar.json("stop", "shop/cache");
    await instar.json("snapshot", "restore", id, "--yes");
    await instar.json("start", "shop/cache");
    const reader = await until("Redis to answer", async () => {
      const client = await Redis.open(port);
      await client.ask("PING");
      return client;
    });
    const kept = Number(await reader.ask("DBSIZE")) - OLD;
    const rows = await Promise.all(Array.from({ length: kept }, (_, n) => reader.ask("GET", `row:${n + 1}`)));
    reader.close();
    console.log(`  ${writer.inWords()}; ${before} before the snapshot, ${kept} in it, ${after} after it`);
    expect(snapshots[0]?.consistency).toBe("frozen");
    expect(there).toBe(OLD + writer.acknowledged);
    expect([...writer.troubles]).toEqual([]);
    expect(rows).toEqual(Array.from({ length: kept }, (_, n) => bodyOf(n + 1)));
    expect(kept).toBeGreaterThanOrEqual(before);
    expect(kept).toBeLessThanOrEqual(after);
  });
});
