import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Snapshot } from "../../src/reconcile/snapshots.ts";
import type { VolumeView } from "../../src/reconcile/volume-control.ts";
import { Installation } from "./installation.ts";
import { until } from "./until.ts";

/** Long enough to be killed in the middle of. */
const BYTES = 200 * 2 ** 20;
const STACK = {
  services: {
    db: { image: "instar/base:node24", command: ["sh", "-c", "trap 'exit 0' TERM; sleep 100000 & wait"], volumes: ["data:/data"] },
  },
  volumes: { data: {} },
};

let instar: Installation;
let folder: string;
let first: string;
beforeAll(async () => {
  instar = await Installation.start();
  await instar.apply("kept", STACK);
  await instar.moved("stop", "kept/db");
  folder = (await instar.docker.getVolume("kept_data").inspect()).Mountpoint;
  writeFileSync(join(folder, "rows"), randomBytes(BYTES));
  first = content();
});
afterAll(async () => instar?.wipe());

const content = (): string =>
  createHash("sha256")
    .update(readFileSync(join(folder, "rows")))
    .digest("hex");
const kept = (): string => join(instar.home, "snapshots", "kept_data");
const snapshots = async (): Promise<readonly Snapshot[]> => (await instar.json<{ snapshots: Snapshot[] }>("snapshot", "ls")).snapshots;
const volume = async (): Promise<VolumeView | undefined> =>
  (await instar.json<{ volumes: VolumeView[] }>("volumes")).volumes.find((one) => one.name === "kept_data");
const workers = async (): Promise<string[]> => {
  const filters = { label: [`dev.instar.installation=${instar.id}`, "dev.instar.role=volume"] };
  return (await instar.docker.listContainers({ all: true, filters })).map((one) => one.Id);
};

it("a daemon killed in the middle of a snapshot leaves nothing that looks like one", async () => {
  const cut = instar.run("snapshot", "create", "kept/db");
  await until("the snapshot to be written", () => existsSync(kept()) && readdirSync(kept()).some((name) => name.endsWith(".partial")));
  await instar.kill();
  expect((await cut).code).toBe(69);
  expect(readdirSync(kept())).toHaveLength(1);
  await instar.up();
  expect(await snapshots()).toEqual([]);
  expect(readdirSync(kept())).toEqual([]);
  expect(await workers()).toEqual([]);
});

it("a daemon killed in the middle of a restore: nothing starts on that volume until the restore is done again", async () => {
  const { snapshots: made } = await instar.json<{ snapshots: Snapshot[] }>("snapshot", "create", "kept/db");
  const id = made[0]?.id ?? "";
  rmSync(join(folder, "rows"));
  const cut = instar.run("snapshot", "restore", id, "--yes");
  await until("the restore to write", () => existsSync(join(kept(), "half-restored.json")));
  await instar.kill();
  expect((await cut).code).toBe(69);
  await instar.up();
  expect((await volume())?.halfRestored).toBe(id);
  const doctor = await instar.run("doctor", "--json");
  expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringContaining("half restored")]);
  expect(await instar.refused("snapshot", "create", "kept_data")).toMatchObject({ code: "INS3015" });
  await instar.run("start", "kept/db", "--detach");
  await until("the start to be refused", () => instar.log.includes("only half restored"));
  expect(await instar.running("db")).toEqual([]);

  await instar.json("snapshot", "restore", id, "--yes");
  expect(content()).toBe(first);
  await until("the service to run again", async () => (await instar.running("db")).length === 1);
  expect((await volume())?.halfRestored).toBeNull();
  expect(await instar.refused("snapshot", "restore", id, "--yes")).toMatchObject({ code: "INS3011" });
  expect(await instar.refused("volume", "rm", "kept_data", "--yes")).toMatchObject({ code: "INS3011" });
  expect(await workers()).toEqual([]);
});
