import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeploymentView } from "../../src/reconcile/control.ts";
import { rude, type Variant } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import type { LoadReport } from "../load/report.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { until } from "./until.ts";
import { expectNoLoss, expectOnlyPostsInFlight } from "./witness.ts";

let instar: Installation;
const ports = { patient: 0, hasty: 0 };
beforeAll(async () => {
  instar = await Installation.start();
  for (const stack of ["patient", "hasty"] as const) {
    ports[stack] = await freePort();
    const ready = { http: "/healthz", timeout: "3s" };
    const own = stack === "patient" ? { ready, drain: "2s", min_ready: "1s" } : { ready, drain: "2s" };
    await instar.apply(stack, rudeStack({ port: ports[stack], replicas: 2, more: { "x-instar": own } }));
  }
});
afterAll(async () => instar?.wipe());

interface Tried {
  readonly code: number;
  readonly stderr: string;
  readonly deployment: DeploymentView | undefined;
  readonly load: LoadReport;
}

/** Deploys it under load, to the end. */
async function tried(stack: keyof typeof ports, variant: Variant): Promise<Tried> {
  const load = await startLoad({ url: `http://127.0.0.1:${ports[stack]}`, webSockets: 1, slowMs: 1000 });
  const { code, deployments, stderr } = await instar.deployments("deploy", `${stack}/web`, "--image", rude(variant));
  return { code, stderr, deployment: deployments[0], load: await load.stop() };
}

function expectRolledBack({ code, deployment }: Tried, because: RegExp): DeploymentView {
  expect(code).toBe(1);
  expect(deployment?.outcome).toBe("rolled-back");
  expect(deployment?.reason).toMatch(because);
  expect(deployment?.evidence).not.toBeNull();
  if (deployment === undefined) throw new Error("no deployment");
  return deployment;
}

describe("a bad version harms nobody", () => {
  it("that crashes at its start: rolled back with its exit code and last words", async () => {
    const result = await tried("hasty", "crash");
    const { evidence } = expectRolledBack(result, /exit code 3/);
    expect(evidence?.exitCode).toBe(3);
    expect(evidence?.log.join("\n")).toContain("cannot open the ledger: permission denied");
    expectNoLoss(result.load);
    expect(Object.keys(result.load.versions)).toEqual(["v1"]);
    await expectSteady(instar, "hasty/web", { replicas: 2, image: rude("v1") });
  });

  it("that never becomes ready: rolled back by the deadline, saying what the probe saw", async () => {
    const result = await tried("hasty", "neverready");
    const { evidence, seconds } = expectRolledBack(result, /not ready within 3000 ms.*503/s);
    expect(evidence?.log.join("\n")).toContain("listening");
    expect(seconds).toBeLessThan(30);
    expectNoLoss(result.load);
    expect(Object.keys(result.load.versions)).toEqual(["v1"]);
    await expectSteady(instar, "hasty/web", { replicas: 2, image: rude("v1") });
  });

  it("that is ready and dies 500 ms later: never routed where min_ready is longer, rolled back", async () => {
    const result = await tried("patient", "diesoon");
    const { evidence } = expectRolledBack(result, /exit code 4/);
    expect(evidence?.log.join("\n")).toContain("the ledger is corrupt");
    expectNoLoss(result.load);
    expect(Object.keys(result.load.versions)).toEqual(["v1"]);
    await expectSteady(instar, "patient/web", { replicas: 2, image: rude("v1") });
  });

  it("that dies after it was routed, without min_ready: rolled back, and no GET fails", async () => {
    const result = await tried("hasty", "diesoon");
    expectRolledBack(result, /exit code 4/);
    expectOnlyPostsInFlight(result.load);
    await expectSteady(instar, "hasty/web", { replicas: 2, image: rude("v1") });
  });

  it("that does not exist: an error at once, and nothing has moved", async () => {
    const before = (await instar.containers()).map((one) => `${one.id} ${one.startedAt}`);
    const load = await startLoad({ url: `http://127.0.0.1:${ports.hasty}`, webSockets: 1, slowMs: 500 });
    const refusal = await instar.refused("deploy", "hasty/web", "--image", "instar-test/rude:no-such-tag");
    expect(refusal).toMatchObject({ exit: 1, code: "INS3004" });
    expect(refusal.message).toContain("no-such-tag");
    expectNoLoss(await load.stop());
    expect((await instar.containers()).map((one) => `${one.id} ${one.startedAt}`)).toEqual(before);
  });

  it("as the very first version of a service: failed, with nothing left running", async () => {
    const port = await freePort();
    const { code, deployments } = await instar.apply("first", rudeStack({ port, image: "crash", replicas: 2, readyTimeout: "3s" }));
    expect(code).toBe(1);
    expect(deployments[0]?.outcome).toBe("failed");
    expect(deployments[0]?.reason).toMatch(/exit code 3/);
    // It has failed with its first instance; the others leave right after that.
    await until("the others to be gone", async () => !(await instar.running()).some((one) => one.name.startsWith("first-")));
  });
});
