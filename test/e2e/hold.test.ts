import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { pause } from "./until.ts";
import { EngineWatch } from "./watch.ts";
import { expectNoLoss } from "./witness.ts";

let instar: Installation;
let watch: EngineWatch;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  watch = await EngineWatch.start(instar.docker);
  port = await freePort();
  const more = { deploy: { replicas: 1, update_config: { order: "stop-first" } } };
  await instar.apply("shop", rudeStack({ port, drain: "3s", more }));
});
afterAll(async () => {
  watch?.stop();
  await instar?.wipe();
});

describe("stop-first with one replica", () => {
  it("requests wait in the router while nothing serves, none fails, and two never run at once", async () => {
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, rate: 100, webSockets: 0, slowMs: 1000 });
    await pause(500);
    for (const version of ["v2", "v3"] as const) await instar.moved("deploy", "shop/web", "--image", rude(version));
    const result = await load.stop();
    expectNoLoss(result);
    expect(Object.keys(result.versions).sort()).toEqual(["v1", "v2", "v3"]);
    const lives = ["shop-web-r1-1-a1", "shop-web-r2-1-a1", "shop-web-r3-1-a1"].map((name) => ({
      start: watch.of("start", name)?.at ?? 0,
      end: watch.of("die", name)?.at ?? Number.POSITIVE_INFINITY,
    }));
    for (const [n, life] of lives.entries()) {
      const next = lives[n + 1];
      if (next !== undefined) expect(next.start, `revision ${n + 2} starts after ${n + 1} has ended`).toBeGreaterThanOrEqual(life.end);
    }
    await expectSteady(instar, "shop/web", { replicas: 1, image: rude("v3") });
  });
});
