import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { LONG, SHORT } from "./size.ts";
import { rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { pause, until } from "./until.ts";
import { EngineWatch } from "./watch.ts";
import { expectLivedToDrainLimit, expectNoLoss, expectRealLoad } from "./witness.ts";
import { masterOf, WorkerCount } from "./workers.ts";

/** The whole claim, and what a run of every suite has time for. */
const [REDEPLOYS, RELOADS, REQUESTS] = LONG ? [20, 20, 5_000] : SHORT ? [2, 2, 2_000] : [5, 6, 3_000];
const DRAIN_MS = 3000;
const MOVING = "instar-test/moving:latest";
const SERVICE = "shop/web";

let instar: Installation;
let watch: EngineWatch;
let port: number;

beforeAll(async () => {
  instar = await Installation.start();
  watch = await EngineWatch.start(instar.docker);
  port = await freePort();
  await pointTo("v1");
  await instar.apply("shop", rudeStack({ port, image: MOVING, drain: `${DRAIN_MS}ms` }));
});

afterAll(async () => {
  watch?.stop();
  await instar?.wipe();
});

/** What pushing a new image under the same tag does. */
const pointTo = (version: "v1" | "v2"): Promise<unknown> =>
  instar.docker.getImage(rude(version)).tag({ repo: "instar-test/moving", tag: "latest" });

/** A stack with a new port comes and goes, at random moments of the drains: two reloads each time. */
async function neighbours(running: () => boolean, cycles: number): Promise<void> {
  const neighbour = { deploy: { replicas: 1 }, "x-instar": { ready: { http: "/healthz" }, drain: "1s" } };
  for (let cycle = 0; cycle < cycles || running(); cycle++) {
    if (cycle >= cycles) return;
    const content = { services: { side: { image: rude("v3"), ports: [`${await freePort()}:8080`], ...neighbour } } };
    const { code, stderr } = await instar.apply("side", content);
    expect(code, stderr).toBe(0);
    await pause(Math.random() * 800);
    const down = await instar.run("down", "side", "--json");
    expect(down.code, down.stderr).toBe(0);
  }
}

describe("no request is lost", () => {
  it(`through ${REDEPLOYS} redeploys, a scale 3→5→2, a rollback, ${RELOADS} reloads and a new router`, async () => {
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, app: "rude", webSockets: 4 });
    const masters = [masterOf((await instar.router()).pid)];
    const workers = new WorkerCount(() => masters);

    let redeploying = true;
    const side = neighbours(() => redeploying, RELOADS / 2);
    for (let n = 1; n <= REDEPLOYS; n++) {
      load.mark(`redeploy ${n}`);
      await pointTo(n % 2 === 1 ? "v2" : "v1");
      const deployment = await instar.moved("redeploy", SERVICE);
      expect(deployment.to, "a new digest makes a new revision, an old one returns to its own").not.toBe(deployment.from);
    }
    redeploying = false;
    await side;
    const reloads = workers.stop();
    console.log(`  ${REDEPLOYS} redeploys, ${reloads} reloads`);

    load.mark("scale");
    await instar.moved("scale", SERVICE, "5");
    await instar.moved("scale", SERVICE, "2");
    await expectSteady(instar, SERVICE, { replicas: 2, image: MOVING });
    load.mark("rollback");
    const back = await instar.moved("rollback", SERVICE);
    expect(back.cause.kind).toBe("rollback");

    load.mark("router replaced");
    const before = await instar.router();
    // It answers once the old router has gone, which waits for its websockets.
    const replaced = instar.ask("/v1/router/replace", "POST");
    await until("a new router beside the old one", async () => (await instar.routers()).some((one) => one.id !== before.id));
    await pause(3000);

    const result = await load.stop();
    expectNoLoss(result);
    await replaced;
    await until("the old router to go", async () => (await instar.router()).id !== before.id);
    expectRealLoad(result, REQUESTS);
    expect(reloads).toBeGreaterThanOrEqual(RELOADS);
    expect(result.cutWebSockets.length, "websockets were open during the drains").toBeGreaterThan(REDEPLOYS);
    await expectLivedToDrainLimit(result.cutWebSockets, { installation: instar, service: SERVICE, watch, drainMs: DRAIN_MS });
    expect(Object.keys(result.versions).sort()).toEqual(["v1", "v2"]);
  });
});
