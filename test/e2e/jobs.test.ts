import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { LONG } from "./size.ts";
import { rudeService } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { until } from "./until.ts";
import { expectNoLoss } from "./witness.ts";

const SERVICE = "shop/web";
const REPLICAS = 2;

let instar: Installation;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
  mkdirSync(join(instar.home, "witness"));
  await instar.apply("shop", file({}));
});
afterAll(async () => instar?.wipe());

interface Wanted {
  readonly image?: "v1" | "v2";
  /** Another one is another revision that replaces no instance. */
  readonly drain?: string;
  readonly before?: number;
  readonly after?: number;
}

/** Each job writes a line where it runs, takes a moment and ends with the given exit code. */
function file({ image = "v1", drain = "1s", before, after }: Wanted): object {
  const web = rudeService({ port, image, replicas: REPLICAS, drain }) as { "x-instar": object };
  const job = (moment: string, exitCode: number) => ({
    image: rude(image),
    command: ["sh", "-c", `echo $$HOSTNAME >> /witness/${moment}; echo ${moment} at work; sleep 0.3; exit ${exitCode}`],
    volumes: [`${join(instar.home, "witness")}:/witness`],
  });
  const jobs = { ...(before === undefined ? {} : { before: "migrate" }), ...(after === undefined ? {} : { after: "smoke" }) };
  return {
    services: {
      web: { ...web, "x-instar": { ...web["x-instar"], jobs } },
      ...(before === undefined ? {} : { migrate: job("before", before) }),
      ...(after === undefined ? {} : { smoke: job("after", after) }),
    },
  };
}

/** How often this job's program has run, by its own account. */
function runs(moment: "before" | "after"): number {
  const path = join(instar.home, "witness", moment);
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").length : 0;
}

const jobContainers = async (): Promise<string[]> =>
  (await instar.containers()).flatMap(({ name }) => (/-d\d+-(before|after)$/.test(name) ? [name] : []));

describe("jobs of a deployment, under load", () => {
  it("a failing one before: nothing of what serves is touched", async () => {
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, app: "rude", webSockets: 1, slowMs: 300 });
    const serving = (await instar.running("web")).map(({ id }) => id).sort();
    const { code, deployments, stderr } = await instar.apply("shop", file({ image: "v2", before: 4 }));
    expect([code, deployments[0]?.outcome], stderr).toEqual([1, "rolled-back"]);
    expect(deployments[0]?.reason).toBe("INS5008 the job migrate ended with exit code 4; last line: before at work");
    expect(deployments[0]?.jobs).toMatchObject([{ job: "migrate", exitCode: 4, log: ["before at work"] }]);
    expect((await instar.running("web")).map(({ id }) => id).sort(), "the very same containers").toEqual(serving);
    expectNoLoss(await load.stop());
    expect(runs("before")).toBe(1);
    expect(await jobContainers()).toEqual([]);
  });

  it("a failing one after: the old revision serves again", async () => {
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, app: "rude", webSockets: 1, slowMs: 300 });
    const { code, deployments, stderr } = await instar.apply("shop", file({ image: "v2", before: 0, after: 3 }));
    expect([code, deployments[0]?.outcome], stderr).toEqual([1, "rolled-back"]);
    expect(deployments[0]?.reason).toContain("INS5008 the job smoke ended with exit code 3");
    await expectSteady(instar, SERVICE, { replicas: REPLICAS, image: rude("v1") });
    expectNoLoss(await load.stop());
    expect([runs("before"), runs("after")]).toEqual([2, 1]);
    expect(await jobContainers()).toEqual([]);
  });
});

/** Starts the daemon so that it kills itself at this point of a deployment with two jobs, and sees that through. */
async function survives(point: string, wanted: Wanted): Promise<void> {
  const seen = { before: runs("before"), after: runs("after") };
  const previous = await instar.latest(SERVICE);
  await instar.kill();
  await instar.up(point);
  await instar.run("up", "-f", instar.file("shop", file({ before: 0, after: 0, ...wanted })), "--stack", "shop", "--detach");
  await until(`the daemon to die at ${point}`, () => !instar.alive);
  await instar.up();
  const latest = await until(`the deployment to end after ${point}`, async () => {
    const one = await instar.latest(SERVICE);
    return one.outcome !== "running" && one;
  });
  expect(latest.id, point).not.toBe(previous.id);
  expect([latest.outcome, latest.reason], point).toEqual(["succeeded", null]);
  expect({ before: runs("before") - seen.before, after: runs("after") - seen.after }, `runs with a kill at ${point}`).toEqual({
    before: 1,
    after: 1,
  });
  expect(await jobContainers(), point).toEqual([]);
}

describe("the daemon is killed at every step of both jobs", () => {
  // create, start, end of the one before, then of the one after: nothing else is done where no instance is replaced.
  const after = ["1", "2", "3", "4", "5", "6"];
  const before = ["before:1", "before:2", "before:3", "before:4", "before:5", "before:6"];

  it("each job runs once, and 0 requests fail", { timeout: 600_000 }, async () => {
    await instar.apply("shop", file({ before: 0, after: 0 }));
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, app: "rude", webSockets: 1, slowMs: 300 });
    const points = LONG ? [...after, ...before] : ["2", "3", "5", "before:2"];
    for (const [n, point] of points.entries()) {
      load.mark(point);
      await survives(point, { drain: `${1001 + n}ms` });
    }
    if (LONG)
      for (const point of Array.from({ length: 20 }, (_, n) => String(n + 1))) {
        load.mark(`${point} of a rollout`);
        await survives(point, { image: Number(point) % 2 === 1 ? "v2" : "v1" });
      }
    const report = await load.stop();
    console.log(`  ${points.length + (LONG ? 20 : 0)} kills`);
    expectNoLoss(report);
  });
});
