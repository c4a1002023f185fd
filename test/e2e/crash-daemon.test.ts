import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { until } from "./until.ts";
import { expectNoLoss } from "./witness.ts";

const SERVICE = "shop/web";
const REPLICAS = 3;
/** Far beyond the steps of one rolling deployment: a run that never comes to its end is a defect. */
const MOST_POINTS = 90;

let instar: Installation;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
  await instar.apply("shop", rudeStack({ port, replicas: REPLICAS, drain: "1s" }));
});
afterAll(async () => instar?.wipe());

/**
 * Deploys with the daemon set to kill itself at this point, starts it again, and sees the same deployment through.
 * False when the deployment had no such point: it ended and the daemon still lives.
 */
async function survives(point: string, image: string): Promise<boolean> {
  await instar.kill();
  await instar.up(point);
  const before = await instar.latest(SERVICE);
  // The daemon may die before it can answer: the record then tells whether the deployment was accepted.
  const asked = instar.run("deploy", SERVICE, "--image", image, "--detach", "--json");
  await until(`the daemon to die at ${point}, or the deployment to end`, async () => {
    if (!instar.alive) return true;
    const latest = await seen();
    return latest !== null && latest.id !== before.id && latest.outcome !== "running";
  });
  await asked;
  const died = !instar.alive;
  if (died) await instar.up();
  await expectSteady(instar, SERVICE, { replicas: REPLICAS, image });
  const after = await instar.latest(SERVICE);
  expect(after.id, `a deployment of its own for ${point}`).not.toBe(before.id);
  expect(after.outcome, `${point}: ${after.reason}`).toBe("succeeded");
  const created = new Set(after.steps.filter((step) => step.do === "create").map((step) => step.instance));
  expect(created.size, `instances created, ${point}`).toBe(REPLICAS);
  return died;
}

/** null while the daemon is dying under the question. */
async function seen(): Promise<Awaited<ReturnType<Installation["latest"]>> | null> {
  try {
    return await instar.latest(SERVICE);
  } catch (error) {
    if (["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

describe("the daemon is killed between any two steps of a rolling deployment, under load", () => {
  for (const kind of ["after", "before"] as const) {
    it(`${kind} each step: the same deployment ends as it should, no twin, no orphan, 0 failed requests`, {
      timeout: 600_000,
    }, async () => {
      const load = await startLoad({ url: `http://127.0.0.1:${port}`, app: "rude", webSockets: 2, slowMs: 300 });
      let point = 1;
      for (; point < MOST_POINTS; point++) {
        load.mark(`${kind} ${point}`);
        const fault = kind === "after" ? String(point) : `before:${point}`;
        if (!(await survives(fault, rude(point % 2 === 1 ? "v2" : "v1")))) break;
      }
      const result = await load.stop();
      console.log(`  ${point - 1} points, killed ${kind} each`);
      expect(point, "the points come to an end").toBeLessThan(MOST_POINTS);
      expect(point, "create, start, route, drain, stop, unroute, remove for each of three").toBeGreaterThan(7 * REPLICAS);
      expectNoLoss(result);
      // What the next kind starts from.
      await instar.moved("deploy", SERVICE, "--image", rude("v1"));
    });
  }

  it("while it rolls a bad version back: rolled back all the same", async () => {
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, app: "rude", webSockets: 0, slowMs: 300 });
    for (const point of ["2", "before:3", "3", "4"]) {
      await instar.kill();
      await instar.up(point);
      const before = await instar.latest(SERVICE);
      await instar.run("deploy", SERVICE, "--image", rude("crash"), "--detach", "--json");
      await until("the daemon to die, or the deployment to end", async () => {
        const latest = instar.alive ? await seen() : null;
        return !instar.alive || (latest !== null && latest.id !== before.id && latest.outcome !== "running");
      });
      if (!instar.alive) await instar.up();
      await expectSteady(instar, SERVICE, { replicas: REPLICAS, image: rude("v1") });
      expect(await instar.latest(SERVICE), point).toMatchObject({ outcome: "rolled-back" });
    }
    expectNoLoss(await load.stop());
  });
});
