import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build, engineAt, rude, type Variant } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { expectNoLoss } from "./witness.ts";

const CHECK = "fetch('http://127.0.0.1:8080/healthz').then((is) => process.exit(is.ok ? 0 : 1), () => process.exit(1))";
const tagged = (variant: Variant): string => `instar-test/checked:${variant}`;

let instar: Installation;
let port = 0;
beforeAll(async () => {
  for (const variant of ["v1", "slowstart", "neverready"] as const) {
    const command = JSON.stringify(["node", "-e", CHECK]);
    const Dockerfile = `FROM ${rude(variant)}\nHEALTHCHECK --interval=1s --timeout=10s --retries=3 CMD ${command}`;
    await build(engineAt(), tagged(variant), { Dockerfile }, "own-healthcheck");
  }
  instar = await Installation.start();
  port = await freePort();
  // No word of readiness in the file.
  await instar.apply("shop", rudeStack({ port, image: tagged("v1"), replicas: 1, more: { "x-instar": { drain: "2s" } } }));
});
afterAll(async () => instar?.wipe());

/** Deploys it under load, to the end. */
async function tried(variant: Variant) {
  const load = await startLoad({ url: `http://127.0.0.1:${port}`, webSockets: 0, slowMs: 500 });
  const { deployments } = await instar.deployments("deploy", "shop/web", "--image", tagged(variant));
  return { deployment: deployments[0], load: await load.stop() };
}

describe("an image with a HEALTHCHECK of its own", () => {
  it("is ready when the engine calls it healthy, not when its port is open: nobody is answered before", async () => {
    const { deployment, load } = await tried("slowstart");
    expect(deployment?.outcome).toBe("succeeded");
    expectNoLoss(load);
    expect(Object.keys(load.versions).sort()).toEqual(["slowstart", "v1"]);
    await expectSteady(instar, "shop/web", { replicas: 1, image: tagged("slowstart") });
  });

  it("is rolled back when the engine calls it unhealthy", async () => {
    const { deployment, load } = await tried("neverready");
    expect(deployment?.outcome).toBe("rolled-back");
    expect(deployment?.reason).toMatch(/is unhealthy/);
    expectNoLoss(load);
    expect(Object.keys(load.versions)).toEqual(["slowstart"]);
    await expectSteady(instar, "shop/web", { replicas: 1, image: tagged("slowstart") });
  });
});
