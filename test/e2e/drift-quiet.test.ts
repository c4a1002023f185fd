import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DriftView } from "../../src/reconcile/drift-control.ts";
import { ensureServer, MARIADB } from "../apps/servers.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { LONG } from "./size.ts";
import { rudeService } from "./stacks.ts";
import { pause, until } from "./until.ts";

/** Writes a thousand times a second where it may: in a volume, in a tmpfs, in scratch. */
const WRITER = `
const { mkdirSync, writeFileSync } = require("node:fs");
mkdirSync("/work", { recursive: true });
let n = 0;
setInterval(() => { for (let i = 0; i < 10; i++) writeFileSync(["/data", "/fast", "/work"][n++ % 3] + "/" + (n % 100), String(n)); }, 10);
process.on("SIGTERM", () => process.exit(0));
require("node:http").createServer((_, answer) => answer.end(String(n))).listen(8080);
`;

/** Its socket and pid, what start.sh writes for it, and the helper that mariadb-install-db makes setuid at the first start. */
const EXPLAINED = /^[AC] \/(run\/mysqld|tmp|var\/tmp|usr\/lib\/mysql\/plugin\/auth_pam_tool_dir)(\/|$)/;

let instar: Installation;
let port: number;
beforeAll(async () => {
  instar = await Installation.start({ env: { INSTAR_LOOK: "1s" } });
  port = await freePort();
});
afterAll(async () => instar?.wipe());

const file = (generation: number, replicas: number, writerPort: number): object => ({
  services: {
    web: {
      ...rudeService({ port, replicas, drain: "500ms", environment: { GENERATION: String(generation) } }),
      healthcheck: { test: ["CMD", "true"], interval: "500ms" },
    },
    writer: {
      image: "instar/base:node24",
      command: ["node", "-e", WRITER],
      ports: [`${writerPort}:8080`],
      volumes: ["data:/data"],
      tmpfs: ["/fast"],
      "x-instar": { scratch: ["/work"], ready: { http: "/" } },
    },
  },
  volumes: { data: {} },
});

const drift = (): Promise<DriftView> => instar.ask("/v1/drift");
/** Every instance has been looked at since now. */
const looked = (): Promise<void> => pause(3000);

describe("ordinary life", () => {
  it("deployments, scaling, healthchecks, declared writes and a restart of the daemon give no verdict", async () => {
    const writerPort = await freePort();
    for (const [generation, replicas] of [
      [1, 3],
      [2, 3],
      [3, 4],
      [3, 2],
    ] as const) {
      const { code, stderr } = await instar.apply("life", file(generation, replicas, writerPort));
      expect(code, stderr).toBe(0);
    }
    await instar.moved("redeploy", "life/writer");
    // Last: the next daemon hears again of the last checks of those that are gone.
    await instar.moved("recycle", "life/web");
    const written = Number(await (await fetch(`http://127.0.0.1:${writerPort}`)).text());
    await instar.kill("SIGTERM");
    await instar.up();
    await looked();
    expect(Number(await (await fetch(`http://127.0.0.1:${writerPort}`)).text())).toBeGreaterThan(written);
    const { instances, gone, gaps } = await drift();
    expect(instances.map(({ name, verdict, because }) => `${name} ${verdict} ${because}`).filter((one) => !one.includes(" none "))).toEqual(
      [],
    );
    expect(instances).toHaveLength(3);
    expect([...instances, ...gone].flatMap(({ causes }) => causes)).toEqual([]);
    expect(gaps.filter(({ blind }) => blind)).toEqual([]);
  });

  // Of the long set: its image takes longer to make than the rest of this file.
  it.runIf(LONG)("MariaDB under detect: each finding is a path it is known to write, and suggest names them", async () => {
    await ensureServer(instar.docker, MARIADB);
    const { code, stderr } = await instar.apply("base", { services: { db: { image: MARIADB, ports: [`${await freePort()}:3306`] } } });
    expect(code, stderr).toBe(0);
    await looked();
    const [db] = (await drift()).instances.filter(({ service }) => service === "db");
    console.log(`MariaDB: ${db?.verdict}: ${db?.causes.map(({ detail }) => detail).join(", ")}`);
    const unexplained = db?.causes.filter(({ kind, detail }) => kind !== "write" || !EXPLAINED.test(detail));
    expect(unexplained).toEqual([]);
    expect(db?.verdict).toBe("changed");
    const suggested = await until("suggest to name them", async () => {
      const { stdout } = await instar.run("drift", "suggest", "base/db");
      return stdout.includes("scratch: [") && stdout;
    });
    expect(suggested).toContain("/run/mysqld");
  });
});
