import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copyImage, engineAt } from "../apps/images.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";

const STORE = "instar/demo-store:v1";

let instar: Installation;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  if ((await instar.docker.listImages({ filters: { reference: [STORE] } })).length === 0)
    await copyImage(engineAt("unix:///var/run/docker.sock"), instar.docker, STORE);
  port = await freePort();
});
afterAll(async () => instar?.wipe());

const stack = (round: number) => ({
  services: {
    store: {
      ...{ image: STORE, environment: { ROUND: String(round) }, ports: [`${port}:8080`], volumes: ["rows:/data"] },
      "x-instar": { ready: { http: "/healthz" } },
    },
  },
  volumes: { rows: { "x-instar": { snapshot: "before-deploy" } } },
});
const deploy = async (round: number) => {
  const [deployment] = (await instar.apply("shop", stack(round))).deployments;
  if (deployment === undefined) throw new Error("no deployment");
  return deployment;
};
const write = async (row: string) => expect((await fetch(`http://127.0.0.1:${port}/rows`, { method: "POST", body: row })).status).toBe(201);
const rows = async () => ((await (await fetch(`http://127.0.0.1:${port}/rows?list=1`)).json()) as { list: string[] }).list;
const snapshots = async () =>
  (await instar.json<{ snapshots: { id: string; deployment: string; consistency: string }[] }>("snapshot", "ls", "shop_rows")).snapshots;

/** A request every 20 ms, whether the last one has its answer or not. */
function keepAsking(): { stop: () => Promise<(number | string)[]> } {
  const asked: Promise<number | string>[] = [];
  const timer = setInterval(
    () =>
      asked.push(
        fetch(`http://127.0.0.1:${port}/healthz`).then(
          async (answer) => {
            await answer.text();
            return answer.status;
          },
          (error: unknown) => String(error),
        ),
      ),
    20,
  );
  return {
    stop: () => {
      clearInterval(timer);
      return Promise.all(asked);
    },
  };
}

it("the data is kept before each deployment, under load, and rollback --data brings it back", async () => {
  expect((await deploy(1)).outcome).toBe("succeeded");
  await write("before");
  const asking = keepAsking();
  const second = await deploy(2);
  const answers = await asking.stop();
  expect(second.outcome).toBe("succeeded");
  expect(answers.length).toBeGreaterThan(10);
  expect(answers.filter((status) => status !== 200)).toEqual([]);
  expect(await snapshots()).toMatchObject([{ deployment: second.id, consistency: "stopped" }]);
  await write("after");

  const back = await instar.moved("rollback", "shop/store", "--data");
  expect(back.steps.map((step) => step.do)).toEqual(expect.arrayContaining(["stop", "snapshot", "restore", "start"]));
  expect(await rows()).toEqual(["before"]);
  // What it had since is not lost either.
  const [since] = await snapshots();
  expect(since?.deployment).toBe(back.id);
  await instar.json("stop", "shop/store");
  await instar.json("snapshot", "restore", since?.id ?? "", "--yes");
  await instar.json("start", "shop/store");
  expect(await rows()).toEqual(["before", "after"]);
});

it("without room for it the deployment ends before the old instance is stopped", async () => {
  const [before] = await instar.running("store");
  const folder = join(instar.home, "snapshots");
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
  try {
    await instar.run("up", "-f", instar.file("shop", stack(3)), "--stack", "shop", "--unpin");
    const last = await instar.latest("shop/store");
    expect(last).toMatchObject({ outcome: "rolled-back", reason: expect.stringContaining("INS3013") });
    expect(last.steps.map((step) => step.do)).not.toContain("stop");
    expect((await instar.running("store")).map(({ id }) => id)).toEqual([before?.id]);
    expect(await rows()).toEqual(["before", "after"]);
  } finally {
    execFileSync("umount", [folder]);
  }
});
