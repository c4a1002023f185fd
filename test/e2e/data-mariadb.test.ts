import { type Connection as Client, createConnection, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureServer, MARIADB } from "../apps/servers.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { LONG } from "./size.ts";
import { expectSteady } from "./steady.ts";
import { expectOneAtATime, pausesInWords, type Trial, undergo } from "./trials.ts";
import { until } from "./until.ts";
import { EngineWatch } from "./watch.ts";
import { type Connection, Writer } from "./writer.ts";

const ROWS = 100_000;
const RATE = 50;
const COUNTS = { redeploys: 10, rollbacks: 2, kills: 3, daemonKills: 2 };

let instar: Installation;
let watch: EngineWatch;
let port: number;
/** As users wrote it for tutum/mysql: no volume in the file, the image declares one. */
const file = (generation: number): object => ({
  services: {
    db: { image: MARIADB, ports: [`${port}:3306`], environment: { MYSQL_PASSWORD: "app", GENERATION: String(generation) } },
  },
});

async function connect(): Promise<Client> {
  const client = await createConnection({
    ...{ host: "127.0.0.1", port, user: "app", password: "app", database: "app" },
    connectTimeout: 5000,
  });
  // Without a listener the loss of an idle connection would end the process; the next query tells of it as well.
  client.on("error", () => undefined);
  return client;
}

const bodyOf = (n: number): string => `row ${n} ${"x".repeat(n % 200)}`;

async function writing(): Promise<Connection> {
  const client = await connect();
  return {
    write: async (n) => {
      await client.query({ sql: "INSERT IGNORE INTO written VALUES (?, ?)", values: [n, bodyOf(n)], timeout: 10_000 });
    },
    close: () => client.destroy(),
  };
}

async function rowsOf(client: Client, sql: string): Promise<readonly RowDataPacket[]> {
  const [rows] = await client.query<RowDataPacket[]>(sql);
  return rows;
}

/** Of the long set: in the short one Redis shows the same. */
describe.skipIf(!LONG)("MariaDB on the volume that its image declares", () => {
  beforeAll(async () => {
    instar = await Installation.start();
    await ensureServer(instar.docker, MARIADB);
    watch = await EngineWatch.start(instar.docker);
    port = await freePort();
  });
  afterAll(async () => {
    watch?.stop();
    await instar?.wipe();
  });

  it("loses no acknowledged row over redeploys, rollbacks, kills of it and of the daemon", { timeout: 900_000 }, async () => {
    const first = await instar.apply("shop", file(0));
    expect(first.code, first.stderr).toBe(0);
    const loader = await until("the database to answer", () => connect());
    await loader.query(
      "CREATE TABLE stock (id INT PRIMARY KEY, sum CHAR(32) NOT NULL) SELECT seq AS id, MD5(seq) AS sum FROM seq_1_to_100000",
    );
    await loader.query("CREATE TABLE written (id INT PRIMARY KEY, body VARCHAR(255) NOT NULL)");
    const [before] = await rowsOf(loader, "CHECKSUM TABLE stock");
    await loader.end();

    const writer = new Writer(writing, RATE);
    const trial: Trial = { instar, watch, stack: "shop", service: "db", path: "/var/lib/mysql", file, counts: COUNTS };
    const volume = await undergo(trial);
    await writer.stop();
    await expectSteady(instar, "shop/db", { replicas: 1, image: MARIADB });

    const reader = await connect();
    const rows = await rowsOf(reader, "SELECT id, body FROM written ORDER BY id");
    const there = new Map(rows.map((row) => [row.id as number, row.body as string]));
    const lost = Array.from({ length: writer.acknowledged }, (_, n) => n + 1).filter((n) => there.get(n) !== bodyOf(n));
    const checks = await rowsOf(reader, "CHECK TABLE stock, written EXTENDED");
    const [after] = await rowsOf(reader, "CHECKSUM TABLE stock");
    const [count] = await rowsOf(reader, "SELECT COUNT(*) AS rows_there FROM stock");
    await reader.end();
    const lives = expectOneAtATime(trial);
    console.log(`  ${writer.inWords()}; ${lost.length} of them lost\n  ${await pausesInWords(trial)}; ${lives} lives on ${volume}`);

    expect(lost, "acknowledged rows that are not there").toEqual([]);
    expect(rows.length, "rows nobody was told of: at most the one under way").toBeLessThanOrEqual(writer.acknowledged + 1);
    expect(checks.map(({ Table, Msg_text }) => [Table, Msg_text])).toEqual([
      ["app.stock", "OK"],
      ["app.written", "OK"],
    ]);
    expect([count?.rows_there, after?.Checksum]).toEqual([ROWS, before?.Checksum]);
    expect(writer.acknowledged).toBeGreaterThan(100);
    expect(lives, "the first, one for each event, and what the engine restarted").toBeGreaterThanOrEqual(
      1 + COUNTS.redeploys + COUNTS.rollbacks + COUNTS.kills + COUNTS.daemonKills,
    );
    const { deployments } = await instar.history("shop/db");
    expect(
      deployments.filter(({ from }) => from !== null).every(({ pauses }) => pauses.length > 0),
      "stop-first, by itself",
    ).toBe(true);
  });
});
