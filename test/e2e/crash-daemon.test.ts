import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { LONG, SHORT } from "./size.ts";
import { rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { until } from "./until.ts";
import { expectNoLoss } from "./witness.ts";

const SERVICE = "shop/web";
const DEPLOY = "/v1/stacks/shop/services/web/deploy";
/** Far beyond the steps of one rolling deployment: a run that never comes to its end is a defect. */
const MOST_POINTS = 90;

let instar: Installation;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
  await instar.apply("shop", rudeStack({ port, replicas: 3, drain: "1s" }));
});
afterAll(async () => instar?.wipe());

/** The answer, or null from a daemon that is dying under the question. */
async function orDying<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

/** Starts the daemon so that it kills itself at this point, and deploys: until it is dead, or the deployment has ended. */
async function deployUntilDead(point: string, image: string): Promise<boolean> {
  await instar.kill();
  await instar.up(point);
  const before = await instar.latest(SERVICE);
  await orDying(instar.ask(DEPLOY, "POST", { image }));
  await until(`the daemon to die at ${point}, or the deployment to end`, async () => {
    const latest = instar.alive ? await orDying(instar.latest(SERVICE)) : null;
    return !instar.alive || (latest !== null && latest.id !== before.id && latest.outcome !== "running");
  });
  const died = !instar.alive;
  await instar.kill();
  await instar.up();
  expect((await instar.latest(SERVICE)).id, `a deployment of its own for ${point}`).not.toBe(before.id);
  return died;
}

/** Sees the same deployment through after the crash. False when it had no such point: it ended while the daemon lived. */
async function survives(point: string, image: string, replicas: number): Promise<boolean> {
  const died = await deployUntilDead(point, image);
  await expectSteady(instar, SERVICE, { replicas, image });
  const after = await instar.latest(SERVICE);
  expect(after.outcome, `${point}: ${after.reason}`).toBe("succeeded");
  const created = new Set(after.steps.filter((step) => step.do === "create").map((step) => step.instance));
  expect(created.size, `instances created, ${point}`).toBe(replicas);
  return died;
}

async function everyPoint(kind: "after" | "before", replicas: number): Promise<number> {
  const load = await startLoad({ url: `http://127.0.0.1:${port}`, app: "rude", webSockets: 2, slowMs: 300 });
  // Seven steps for each instance: with two, every other point is each kind once; every fifth is three kinds.
  const stride = LONG ? 1 : SHORT ? 5 : 2;
  let point = 1;
  for (; point < MOST_POINTS; point += stride) {
    load.mark(`${kind} ${point}`);
    const image = rude(Math.ceil(point / stride) % 2 === 1 ? "v2" : "v1");
    if (!(await survives(kind === "after" ? String(point) : `before:${point}`, image, replicas))) break;
  }
  const result = await load.stop();
  console.log(`  ${point - 1} points, killed ${kind} one in ${stride}`);
  expectNoLoss(result);
  expect(point, "the points come to an end").toBeLessThan(MOST_POINTS);
  // What the next test starts from.
  await instar.moved("deploy", SERVICE, "--image", rude("v3"));
  return point - 1;
}

describe("the daemon is killed between any two steps of a rolling deployment, under load", () => {
  it("after each step: the same deployment ends as it should, no twin, no orphan, 0 failed requests", { timeout: 600_000 }, async () => {
    // Three of them take a minute longer, and show what two do.
    const replicas = LONG ? 3 : 2;
    await instar.moved("scale", SERVICE, String(replicas));
    expect(await everyPoint("after", replicas), "create, start, route, drain, stop, unroute, remove for each").toBeGreaterThanOrEqual(
      7 * replicas,
    );
    await instar.moved("scale", SERVICE, "3");
  });

  it("before each step: the same, with one instance at a time", { timeout: 600_000 }, async () => {
    await instar.moved("scale", SERVICE, "1");
    expect(await everyPoint("before", 1)).toBeGreaterThanOrEqual(7);
    await instar.moved("scale", SERVICE, "3");
  });

  it("while it rolls a bad version back: rolled back all the same", async () => {
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, app: "rude", webSockets: 0, slowMs: 300 });
    for (const point of LONG ? ["2", "before:3", "3", "4"] : SHORT ? ["2"] : ["2", "before:3"]) {
      load.mark(`bad version, ${point}`);
      await deployUntilDead(point, rude("crash"));
      await expectSteady(instar, SERVICE, { replicas: 3, image: rude("v3") });
      expect(await instar.latest(SERVICE), point).toMatchObject({ outcome: "rolled-back" });
    }
    expectNoLoss(await load.stop());
  });
});
