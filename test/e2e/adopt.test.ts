import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copyImage, engineAt, rude } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { compose } from "./compose.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { until } from "./until.ts";
import { expectNoLoss } from "./witness.ts";

const STORE = "instar/demo-store:v1";
const project = `old${randomBytes(3).toString("hex")}`;

let instar: Installation;
let file: string;
let web: number;
let db: number;

beforeAll(async () => {
  instar = await Installation.start();
  if (!(await instar.docker.listImages({ filters: { reference: [STORE] } })).length)
    await copyImage(engineAt("unix:///var/run/docker.sock"), instar.docker, STORE);
  [web, db] = [await freePort(), await freePort()];
  file = instar.file(project, {
    services: {
      web: {
        ...{ image: rude("v1"), restart: "always", ports: [`${web}:8080`], depends_on: ["db"] },
        "x-instar": { ready: { http: "/healthz" } },
      },
      db: { image: STORE, restart: "unless-stopped", ports: [`${db}:8080`], volumes: ["rows:/data"] },
    },
    volumes: { rows: {} },
  });
  await compose(project, file, "up", "-d");
});
afterAll(async () => {
  await compose(project, file, "down", "--volumes", "--timeout", "1");
  await instar?.wipe();
});

/** Writes a row every 20 ms, again and again until it is acknowledged; knows which were, and the longest time without an answer. */
class Writer {
  readonly acknowledged = new Set<string>();
  longestMs = 0;
  refused = 0;
  #on = true;
  readonly #done: Promise<void>;

  constructor(port: number) {
    this.#done = this.#write(port);
  }

  async stop(): Promise<void> {
    this.#on = false;
    await this.#done;
  }

  async #write(port: number): Promise<void> {
    let last = performance.now();
    for (let n = 0; this.#on; n++) {
      const row = `${project}-${n}`;
      while (this.#on) {
        const answer = await fetch(`http://127.0.0.1:${port}/rows`, { method: "POST", body: row }).catch(() => null);
        if (answer?.status === 201) {
          await answer.text();
          this.acknowledged.add(row);
          break;
        }
        this.refused++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      this.longestMs = Math.max(this.longestMs, performance.now() - last);
      last = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const rowsAt = async (port: number): Promise<Set<string>> =>
  new Set(((await (await fetch(`http://127.0.0.1:${port}/rows?list=1`)).json()) as { list: string[] }).list);
const old = async (service: string) => instar.docker.getContainer(`${project}-${service}-1`).inspect();

it("a running Compose project is adopted with its data, announced before and measured after, and comes back with --undo", async () => {
  const writer = new Writer(db);
  await until("rows to be written", () => writer.acknowledged.size > 20);

  const refusal = await instar.refused("up", "-f", file, "--stack", project);
  expect(refusal).toMatchObject({ exit: 1, code: "INS2021", hint: expect.stringContaining(`instar adopt ${project}`) });
  const shown = await instar.run("adopt", project, "--dry-run");
  expect(shown.stdout).toContain(`takes over ${project}-db-1 with ${project}_rows`);
  expect(shown.stdout).toMatch(new RegExp(`pause: port ${db} refuses connections .* at most 10s .*; requests wait while it is swapped`));
  expect((await instar.refused("adopt", project)).code).toBe("INS2014");
  expect((await old("web")).State.Running && (await old("db")).State.Running).toBe(true);

  const { code, deployments } = await instar.deployments("adopt", project, "--yes");
  expect([code, ...deployments.map((d) => `${d.service} ${d.outcome} ${d.reason ?? ""}`).sort()]).toEqual([
    0,
    "db succeeded ",
    "web succeeded ",
  ]);
  const pauses = Object.fromEntries(deployments.map((d) => [d.service, Math.max(...d.pauses.map(({ ms }) => ms))]));
  console.log(
    `adopted: recorded pauses ${JSON.stringify(pauses)} ms; the writer waited ${Math.round(writer.longestMs)} ms at the longest, refused ${writer.refused} times`,
  );
  for (const service of ["web", "db"]) {
    expect(await old(service)).toMatchObject({ State: { Running: false }, HostConfig: { RestartPolicy: { Name: "no" } } });
    expect(pauses[service]).toBeGreaterThan(0);
  }

  // From here on it is a stack like any other: nothing is lost any more.
  const refused = writer.refused;
  const load = await startLoad({ url: `http://127.0.0.1:${web}`, webSockets: 0, slowMs: 500 });
  await instar.moved("recycle", `${project}/web`);
  await instar.moved("recycle", `${project}/db`);
  expectNoLoss(await load.stop());
  expect(writer.refused).toBe(refused);
  expect((await instar.apply(project, readFileSync(file, "utf8"))).deployments.map((d) => d.outcome)).toEqual(["unchanged", "unchanged"]);

  await writer.stop();
  const [instance] = await instar.running(`db`);
  expect((await instar.docker.getContainer(instance?.id ?? "").inspect()).Mounts[0]).toMatchObject({
    Name: `${project}_rows`,
    Destination: "/data",
  });
  const before = await rowsAt(db);
  expect([...writer.acknowledged].filter((row) => !before.has(row))).toEqual([]);

  expect(await instar.json("adopt", project, "--undo", "--yes")).toEqual({ containers: [`${project}-db-1`, `${project}-web-1`] });
  expect(await old("web")).toMatchObject({ State: { Running: true }, HostConfig: { RestartPolicy: { Name: "always" } } });
  expect(await old("db")).toMatchObject({ State: { Running: true }, HostConfig: { RestartPolicy: { Name: "unless-stopped" } } });
  await until("the old database to answer", async () => (await fetch(`http://127.0.0.1:${db}/healthz`).catch(() => null))?.status === 200);
  expect([...(await rowsAt(db))].sort()).toEqual([...before].sort());
  expect(await instar.running()).toEqual([]);
});
