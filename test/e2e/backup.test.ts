import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import type { LoadReport } from "../load/report.ts";
import { type Outcome, run } from "./command.ts";
import { instancesAmong, removeAllOf } from "./containers.ts";
import { Installation } from "./installation.ts";
import { Lab } from "./lab.ts";
import { freePort } from "./ports.ts";
import { LONG } from "./size.ts";
import { rudeService } from "./stacks.ts";
import { pause, until } from "./until.ts";
import { expectNoLoss } from "./witness.ts";

// Of their own: --recover looks for every installation on the engine.
const lab = new Lab();
const SERVICES = ["web", "api"] as const;
let instar: Installation;
let id: string;
let away: string;
const ports = new Map<string, number>();

const stack = (version: "v1" | "v2" | "v3"): object => ({
  services: Object.fromEntries(
    SERVICES.map((name) => [
      name,
      rudeService({
        port: ports.get(name) ?? 0,
        drain: "2s",
        image: version,
        replicas: name === "web" ? 3 : 1,
        environment: { APP: name },
      }),
    ]),
  ),
});

beforeAll(async () => {
  await lab.start({ liveRestore: true });
  instar = await Installation.start({ dockerHost: lab.dockerHost, env: lab.env });
  id = instar.id;
  away = mkdtempSync("/tmp/instar-away-");
  for (const name of SERVICES) ports.set(name, await freePort());
  await instar.apply("shop", stack("v1"));
}, 240_000);

afterAll(async () => {
  await instar?.kill();
  if (id !== undefined) await removeAllOf(instar.docker, id);
  await instar?.wipe();
  if (away !== undefined) rmSync(away, { recursive: true, force: true });
  await lab.stop();
});

beforeEach(async () => {
  if (!instar.alive) await instar.up();
});

const command = (...args: string[]): Promise<Outcome> => run(args, instar.env, away);

/** Everything that was in the home, the router's link too. */
const loseHome = (): void => rmSync(instar.home, { recursive: true });

/** What runs, by the engine: the router's containers too. */
const running = async (): Promise<string[]> => (await instar.containers()).map((one) => `${one.name} ${one.id} ${one.startedAt}`);

async function underLoad(work: (mark: (label: string) => void) => Promise<void>): Promise<readonly LoadReport[]> {
  const loads = await Promise.all(
    SERVICES.map((app) => startLoad({ url: `http://127.0.0.1:${ports.get(app)}`, app, rate: 100, webSockets: 1, slowMs: 1000 })),
  );
  try {
    await pause(500);
    await work((label) => {
      for (const load of loads) load.mark(label);
    });
    await pause(500);
  } finally {
    for (const load of loads) void load.stop().catch(() => undefined);
  }
  return Promise.all(loads.map((load) => load.stop()));
}

const kinds = async (): Promise<string[]> =>
  (await instar.ask<{ events: { kind: string }[] }>("/v1/events?after=0&limit=1000")).events.map((one) => one.kind);

describe("the home is lost", () => {
  it("a backup is taken under load; restored, the same instances serve on, and history is back", async () => {
    const file = join(away, "backup.tar.zst");
    let before: string[] = [];
    const loads = await underLoad(async (mark) => {
      mark("backup while a deployment runs");
      const moving = instar.moved("deploy", "shop/web", "--image", rude("v2"));
      const first = await command("backup", file, "--json");
      expect(first.code, first.stderr).toBe(0);
      await moving;
      const taken = await command("backup", file);
      expect(taken.code, taken.stderr).toBe(0);
      before = await running();
      mark("killed");
      await instar.kill();
      loseHome();
      await pause(500);
      mark("restored");
      const restored = await command("restore", file);
      expect(restored.code, restored.stderr).toBe(0);
      console.log(`  ${taken.stdout.trim()}\n  ${restored.stdout.trim().split("\n").join("\n  ")}`);
      await instar.up();
      mark("serving again");
      await pause(4000);
      expect(await running()).toEqual(before);
      mark("redeployed");
      await instar.moved("deploy", "shop/web", "--image", rude("v3"));
    });
    for (const load of loads) expectNoLoss(load);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await instar.history("shop/web")).revisions.map((r) => r.number)).toEqual([3, 2, 1]);
    expect((await kinds()).filter((kind) => kind.startsWith("home."))).toEqual(["home.restored"]);
    expect(readdirSync(instar.home).filter((name) => name.startsWith(".backup"))).toEqual([]);
  });

  // One of the long set: restoring is shown by the test before, adopting what is newer by the simulator.
  it.runIf(LONG)("restored from before a deployment, what was deployed since goes on and is told", async () => {
    const file = join(away, "older.tar.zst");
    expect((await command("backup", file)).code).toBe(0);
    await instar.moved("deploy", "shop/api", "--image", rude("v2"));
    const before = await running();
    const loads = await underLoad(async (mark) => {
      expect((await command("restore", file, "--force", "--json")).stderr).toContain("INS6002");
      await instar.kill();
      mark("restored");
      expect((await command("restore", file, "--json")).stderr).toContain("INS6011");
      const forced = await command("restore", file, "--force");
      expect(forced.code, forced.stderr).toBe(0);
      await instar.up();
      await pause(3000);
    });
    for (const load of loads) expectNoLoss(load);
    expect(await running()).toEqual(before);
    expect((await instar.services()).find((one) => one.service === "api")?.image).toBe(rude("v2"));
    expect(await kinds()).toContain("service.restored");
    for (const name of readdirSync("/tmp").filter((one) => one.startsWith(`${instar.home.slice(5)}.before-restore`)))
      rmSync(join("/tmp", name), { recursive: true });
  });

  it("without a backup: recovered, the same instances serve on, history begins anew, up is equal, a redeploy works", async () => {
    await instar.apply("shop", stack("v2"), "--force-file");
    const before = await running();
    const loads = await underLoad(async (mark) => {
      mark("home lost under a running daemon");
      loseHome();
      await until("the daemon to end by itself", () => !instar.alive);
      expect(instar.log).toContain("the home was deleted or replaced");
      mark("daemon gone");
      await pause(1000);
      mkdirSync(join(instar.home, "files"), { recursive: true });
      const asked = await command("server", "--recover", "--json");
      expect([asked.code, asked.stderr]).toEqual([64, expect.stringContaining("add --yes")]);
      mark("recovered");
      await instar.up(undefined, ["--recover", "--yes"]);
      await pause(4000);
      expect(await running()).toEqual(before);
      expect(instar.id).toBe(id);
      mark("up of the same file");
      const again = await instar.apply("shop", stack("v2"));
      expect(again.deployments.map((one) => one.outcome)).toEqual(["unchanged", "unchanged"]);
      expect(await running()).toEqual(before);
      mark("redeployed");
      for (const service of ["shop/web", "shop/api"]) await instar.moved("deploy", service, "--image", rude("v3"));
    });
    for (const load of loads) expectNoLoss(load);
    expect((await kinds()).slice(0, 3)).toEqual(["home.recovered", "service.recovered", "service.recovered"]);
    const { revisions, deployments } = await instar.history("shop/web");
    expect(revisions.map((one) => one.why)).toEqual(["deploy", "recovered"]);
    expect(deployments).toHaveLength(1);
    const labels = (await instar.docker.listContainers()).map((one) => one.Labels["dev.instar.origin"]?.length ?? 0);
    console.log(`  origin labels: ${labels.join(", ")} bytes`);
  });

  it("a home that is there is not recovered, nor one that another home still has, nor nothing", async () => {
    await instar.kill();
    expect((await command("server", "--recover", "--yes", "--json")).stderr).toContain("INS6015");
    const elsewhere = { ...instar.env, INSTAR_HOME: join(away, "other") };
    const other = await run(["server", "--recover", "--yes", "--json"], elsewhere, away);
    expect(other.stderr).toContain(`INSTAR_HOME=${instar.home} instar server`);
    expect(existsSync(join(away, "other/instar.db"))).toBe(false);
    const none = await run(["server", "--recover=nobody", "--yes", "--json"], elsewhere, away);
    expect(none.stderr).toContain("INS6013");
    await instar.up();
    expect(instancesAmong(await instar.containers()).length).toBe(4);
  });
});
