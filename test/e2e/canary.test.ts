import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeploymentView } from "../../src/reconcile/control.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { LONG } from "./size.ts";
import { rudeStack } from "./stacks.ts";
import { until } from "./until.ts";
import { ask, shareOf } from "./versions.ts";

const SERVICE = "shop/web";
const REQUESTS = LONG ? 20_000 : 2_000;
/** Half a percent of the requests, and the rounding of a short run. */
const OFF = LONG ? 0.5 : 0.6;
const STEPS = LONG ? ["1%", "5%", "25%", "50%"] : ["5%", "25%"];

let instar: Installation;
let url: string;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
  url = `http://127.0.0.1:${port}/`;
});
afterAll(async () => instar?.wipe());

const file = (version: "v1" | "v2", more: object): object => {
  const stack = rudeStack({ port, image: version, replicas: 3, drain: "1s" }) as { services: { web: { "x-instar": object } } };
  stack.services.web["x-instar"] = { ...stack.services.web["x-instar"], ...more };
  return stack;
};

const look = async (id: string): Promise<DeploymentView> =>
  (await instar.ask<{ deployment: DeploymentView }>(`/v1/deployments/${id}`)).deployment;
const inForce = (id: string, at: number): Promise<unknown> =>
  until(`step ${at + 1} of ${id} to be in force`, async () => {
    const { course, outcome, reason } = await look(id);
    if (outcome !== "running") throw new Error(`${id} ended: ${outcome} ${reason}`);
    return course?.at === at && course.since !== null;
  });
/** One step further, as its time or its gates would have it. */
const versionOf = async (headers: Readonly<Record<string, string>>): Promise<string | number> => {
  const { status, version } = await ask(url, false, headers);
  return version ?? status;
};

describe("canary", () => {
  it(`${STEPS.join(", ")} of ${REQUESTS} requests, within ${OFF} points, while it is scaled and the router reloads`, {
    timeout: 600_000,
  }, async () => {
    const strategy = { canary: { steps: STEPS, every: "4s", header: "X-Canary", cookie: "canary", preview: "preview.shop.test" } };
    await instar.apply("shop", file("v1", { strategy }));
    expect(await versionOf({ "x-instar-revision": "7" })).toBe(404);
    const paused = { canary: { ...strategy.canary, every: "manual" } };
    for (const [at, step] of STEPS.entries()) {
      const { deployments } = await instar.apply(
        "shop",
        file("v2", { strategy: { canary: { ...paused.canary, steps: [step] } } }),
        "--detach",
      );
      const id = deployments[0]?.id ?? "";
      await inForce(id, 0);
      const { to, from } = await look(id);
      if (at === 0) {
        expect(await versionOf({ "x-instar-revision": String(to) })).toBe("v2");
        expect(await versionOf({ "x-instar-revision": String(from) })).toBe("v1");
        expect(await versionOf({ "x-instar-revision": "99" })).toBe(404);
        expect(await versionOf({ host: "preview.shop.test" })).toBe("v2");
        for (let n = 0; n < 5; n++) {
          expect(await versionOf({ "x-canary": "always" })).toBe("v2");
          expect(await versionOf({ cookie: "canary=always" })).toBe("v2");
          expect(await versionOf({ "x-canary": "never" })).toBe("v1");
        }
      }
      const seen = shareOf(url, REQUESTS);
      if (at === STEPS.indexOf("25%")) {
        // Another number of instances, and a port more: a reload.
        await instar.ask("/v1/stacks/shop/services/web/scale", "POST", { replicas: 4 });
        const side = rudeStack({ port: await freePort(), image: "v3", replicas: 1 });
        expect((await instar.apply("side", side)).code).toBe(0);
      }
      const { share, failed } = await seen;
      console.log(`  ${step}: ${share.v2?.toFixed(2) ?? 0} % of ${REQUESTS}`);
      expect(failed).toEqual([]);
      expect(Math.abs((share.v2 ?? 0) - Number.parseInt(step, 10)), `${step}: ${share.v2} %`).toBeLessThanOrEqual(OFF);
      await instar.ask(`/v1/deployments/${id}/abort`, "POST");
      await until("it to be undone", async () => (await look(id)).outcome === "aborted");
      expect(await versionOf({})).toBe("v1");
    }
  });

  it("clients that come back never change side, and a daemon that dies in a step goes on in it", { timeout: 300_000 }, async () => {
    const strategy = { canary: { steps: ["50%"], every: "manual" } };
    await instar.apply("shop", file("v1", { strategy, sticky: { cookie: "SRV" } }));
    const { deployments } = await instar.apply("shop", file("v2", { strategy, sticky: { cookie: "SRV" } }), "--detach");
    const id = deployments[0]?.id ?? "";
    await inForce(id, 0);
    const clients = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { version, cookies } = await ask(url, false);
        return { version, cookie: cookies[0]?.split(";")[0] ?? "" };
      }),
    );
    expect(new Set(clients.map(({ version }) => version))).toEqual(new Set(["v1", "v2"]));
    expect(clients.every(({ cookie }) => cookie.startsWith("SRV="))).toBe(true);
    const come = async (): Promise<void> => {
      for (const { version, cookie } of clients) expect(await versionOf({ cookie })).toBe(version);
    };
    await come();
    await instar.kill();
    const weights = async (): Promise<string[]> => (await instar.instances()).map(({ name, weight }) => `${name} ${weight}`).sort();
    await come();
    await instar.up();
    await until("the daemon to see its instances", async () => (await weights()).some((one) => / [1-9]/.test(one)));
    await instar.ask("/v1/stacks/shop/services/web/scale", "POST", { replicas: 2 });
    const serving = async () => (await instar.instances()).filter(({ stack, phase }) => stack === "shop" && phase === "serving").length;
    await until("two and one", async () => (await serving()) === 3);
    await come();
    expect((await look(id)).course).toMatchObject({ at: 0 });
    await instar.ask(`/v1/deployments/${id}/promote`, "POST");
    await until("everything to be new", async () => (await look(id)).outcome === "succeeded");
    expect(await versionOf({ cookie: clients.find(({ version }) => version === "v1")?.cookie ?? "" })).toBe("v2");
  });

  it("two revisions by weight until told otherwise, through a restart of the daemon", async () => {
    await instar.moved("split", SERVICE, "1=80", "2=20");
    await instar.kill();
    await instar.up();
    await instar.moved("scale", SERVICE, "3");
    const { share, failed } = await shareOf(url, 1_000);
    expect(failed).toEqual([]);
    expect(Math.abs((share.v2 ?? 0) - 20)).toBeLessThanOrEqual(1);
    await instar.moved("split", SERVICE, "2=100");
    expect((await shareOf(url, 100)).share).toEqual({ v2: 100 });
  });
});
