import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { EngineWatch } from "./watch.ts";
import { expectNoLoss } from "./witness.ts";

/** READY_DELAY_MS of the image `slowstart`: it answers at once, and says it is ready only after this. */
const NOT_READY_FOR_MS = 1500;

let instar: Installation;
let watch: EngineWatch;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  watch = await EngineWatch.start(instar.docker);
  port = await freePort();
  await instar.apply("shop", rudeStack({ port }));
});
afterAll(async () => {
  watch?.stop();
  await instar?.wipe();
});

describe("the right version answers", () => {
  it("not the new one before it is ready, not the old one after the record's end", async () => {
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, webSockets: 0 });
    const deployment = await instar.moved("deploy", "shop/web", "--image", rude("slowstart"));
    const result = await load.stop();
    // An answer of an instance that had not yet said it is ready is a failure of the load (`proven`).
    expectNoLoss(result);
    expect(result.versions.slowstart?.count).toBeGreaterThan(0);
    expect(result.versions.v1?.lastAt ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(deployment.endedAt ?? 0);

    const fresh = result.requests.filter((request) => request.version === "slowstart");
    for (const instance of new Set(fresh.map((request) => request.instance ?? ""))) {
      const startedAt = watch.of("start", instance)?.at ?? Number.POSITIVE_INFINITY;
      const firstSentAt = Math.min(...fresh.filter((request) => request.instance === instance).map((request) => request.endedAt));
      expect(firstSentAt - startedAt, `first answer of ${instance} after its start`).toBeGreaterThanOrEqual(NOT_READY_FOR_MS);
    }
    await expectSteady(instar, "shop/web", { replicas: 3, image: rude("slowstart") });
  });

  it("and the record tells each step with its reason, in the order of law 3", async () => {
    const { steps } = await instar.latest("shop/web");
    expect(steps.every((step) => step.because.length > 0)).toBe(true);
    const kindsOf = (instance: string): string[] => steps.filter((step) => step.instance === instance).map((step) => step.do);
    const instances = [...new Set(steps.map((step) => step.instance ?? ""))];
    const fresh = instances.filter((name) => name.startsWith("shop-web-r2-"));
    const old = instances.filter((name) => name.startsWith("shop-web-r1-"));
    expect(fresh).toHaveLength(3);
    expect(old).toHaveLength(3);
    for (const name of fresh) expect(kindsOf(name)).toEqual(["create", "start", "route"]);
    for (const name of old) expect(kindsOf(name)).toEqual(["drain", "stop", "unroute", "remove"]);
    const firstDrain = steps.findIndex((step) => step.do === "drain");
    expect(
      steps.slice(0, firstDrain).some((step) => step.do === "route"),
      "nothing drains before something new serves",
    ).toBe(true);
  });
});
