import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { EventView } from "../../src/reconcile/control.ts";
import type { Snapshot } from "../../src/reconcile/snapshots.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { until } from "./until.ts";

/** Between the two files that the application writes: what is read after it has moved on. */
const BETWEEN = 24 * 2 ** 20;
const LEDGER = readFileSync(new URL("../apps/ledger.js", import.meta.url), "utf8");
const PIECES = 16;

let instar: Installation;
let port: number;
let folder: string;
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
  await instar.apply("kept", stack("kill -USR2 1; until [ -e /tmp/frozen ]; do sleep 0.02; done"));
  folder = (await instar.docker.getVolume("kept_data").inspect()).Mountpoint;
  writeFileSync(join(folder, "between"), randomBytes(BETWEEN));
});
afterAll(async () => instar?.wipe());

const stack = (command: string) => ({
  services: {
    ledger: {
      // A dollar sign of JavaScript is none of Compose's.
      ...{ image: "instar/base:node24", command: ["node", "-e", LEDGER.replaceAll("$", "$$$$")], ports: [`${port}:8080`] },
      ...{ volumes: ["data:/data"], "x-instar": { ready: { http: "/" } } },
    },
  },
  volumes: {
    data: { "x-instar": { freeze: { command, thaw: ["sh", "-c", "kill -HUP 1; while [ -e /tmp/frozen ]; do sleep 0.02; done"] } } },
  },
});

/** A row every 10 ms, whether the last one has its answer or not. */
function keepWriting(): { stop: () => Promise<readonly (number | string)[]> } {
  const asked: Promise<number | string>[] = [];
  const timer = setInterval(
    () =>
      asked.push(
        fetch(`http://127.0.0.1:${port}/`, { method: "POST" }).then(
          async (answer) => (answer.status === 201 ? Number(await answer.text()) : `status ${answer.status}`),
          (error: unknown) => String(error),
        ),
      ),
    10,
  );
  return {
    stop: () => {
      clearInterval(timer);
      return Promise.all(asked);
    },
  };
}

/** Both halves of every row in a snapshot. */
async function halves(id: string): Promise<readonly (readonly string[])[]> {
  const there = join(instar.home, "files", id);
  mkdirSync(there);
  expect((await instar.run("snapshot", "export", id, `${there}.tar`)).code).toBe(0);
  execFileSync("tar", ["-xf", `${there}.tar`, "-C", there]);
  return ["a-left", "z-right"].map((name) => readFileSync(join(there, name), "utf8").split("\n"));
}
const whole = (rows: number): string[] => [...Array.from({ length: rows }, (_, n) => `${n + 1}.`.repeat(PIECES)), ""];
const events = async (kind: string): Promise<readonly EventView[]> =>
  (await instar.ask<{ events: EventView[] }>("/v1/events?limit=1000")).events.filter((event) => event.kind === kind);
const isFrozen = async (): Promise<boolean> => ((await (await fetch(`http://127.0.0.1:${port}/`)).json()) as { frozen: boolean }).frozen;

it("a snapshot of a volume in use has a prefix of the rows and no torn one; nobody's request fails", async () => {
  const writing = keepWriting();
  const { snapshots } = await instar.json<{ snapshots: Snapshot[] }>("snapshot", "create", "kept/ledger");
  const rows = await writing.stop();
  const [taken] = snapshots;
  expect(taken?.consistency).toBe("frozen");
  expect(rows.filter((row) => typeof row !== "number")).toEqual([]);
  const [left = [], right = []] = await halves(taken?.id ?? "");
  console.log(`  ${rows.length} rows written, ${left.length - 1} of them in the snapshot`);
  expect(left.length).toBeGreaterThan(1);
  expect(left.length - 1).toBeLessThan(rows.length);
  expect(left).toEqual(whole(left.length - 1));
  expect(right).toEqual(left);
  const [instance] = await instar.running("ledger");
  expect([await events("volume.freeze"), await events("volume.thaw")].map(([first]) => first?.instance)).toEqual([
    ...[instance?.name, instance?.name],
  ]);
});

it("a daemon killed while the volume is frozen thaws it at its next start, and nobody's request has failed", async () => {
  const kept = join(instar.home, "snapshots", "kept_data");
  const before = readdirSync(kept).length;
  const writing = keepWriting();
  const cut = instar.run("snapshot", "create", "kept/ledger");
  await until("the snapshot to be written", () => existsSync(kept) && readdirSync(kept).some((name) => name.endsWith(".partial")));
  await instar.kill();
  await cut;
  expect(await isFrozen()).toBe(true);
  await instar.up();
  await until("it to go on", async () => !(await isFrozen()));
  const rows = await writing.stop();
  expect(rows.filter((row) => typeof row !== "number")).toEqual([]);
  expect(readdirSync(kept)).toHaveLength(before);
});

it("a freeze that fails is told with what it said, nothing is taken, and writing goes on", async () => {
  const [before] = await instar.running("ledger");
  await instar.apply("kept", stack("echo not today >&2; exit 3"));
  const failure = await instar.refused("snapshot", "create", "kept/ledger");
  expect(failure).toMatchObject({ exit: 1, code: "INS3016", message: expect.stringMatching(/exit code 3; it said: not today$/) });
  const rows = keepWriting();
  await until("a row", async () => (await instar.running("ledger")).length === 1);
  expect((await rows.stop()).filter((row) => typeof row !== "number")).toEqual([]);
  // Another freeze is another way to take a snapshot, and no other content.
  expect((await instar.running("ledger")).map(({ id }) => id)).toEqual([before?.id]);
});
