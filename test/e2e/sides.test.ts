import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeploymentView } from "../../src/reconcile/control.ts";
import { startLoad } from "../load/load.ts";
import { quantile } from "../load/report.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { LONG } from "./size.ts";
import { rudeStack } from "./stacks.ts";
import { pause, until } from "./until.ts";
import { SwitchWatch } from "./versions.ts";
import { expectNoLoss } from "./witness.ts";

const SERVICE = "shop/web";
const SWITCHES = LONG ? 50 : 6;

let instar: Installation;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
});
afterAll(async () => instar?.wipe());

const file = (version: "v1" | "v2"): object => {
  const stack = rudeStack({ port, image: version, replicas: 2, drain: "3s" }) as { services: { web: { "x-instar": object } } };
  const own = stack.services.web["x-instar"];
  stack.services.web["x-instar"] = { ...own, strategy: { "blue-green": { promote: "manual", warm: "10m" } } };
  return stack;
};

describe("blue-green", () => {
  it(`the new set waits beside the old one; ${SWITCHES} switches and not one failed request`, async () => {
    await instar.apply("shop", file("v1"));
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, app: "rude", rate: 300, webSockets: 0, slowMs: 2000 });
    const watch = new SwitchWatch(`http://127.0.0.1:${port}/`);
    load.mark("deploy");
    const [begun] = (await instar.apply("shop", file("v2"), "--detach")).deployments;
    const id = begun?.id ?? "";
    await until("the new set to be ready", async () => (await look(id)).course?.since != null);
    await pause(500);
    const took: number[] = [];
    const spent = async (to: string, command: () => Promise<unknown>): Promise<void> => {
      load.mark(`to ${to}`);
      const from = Date.now();
      const [seen] = await Promise.all([watch.next(to), command()]);
      took.push(seen - from);
      await until("the deployment to end", async () => (await instar.latest(SERVICE)).outcome === "succeeded");
      await pause(200);
    };
    expect((await watch.seen()).versions, "before the promotion").toEqual(["v1"]);
    await spent("v2", () => instar.ask(`/v1/deployments/${id}/promote`, "POST"));
    for (let n = 1; n < SWITCHES; n++)
      await spent(n % 2 === 1 ? "v1" : "v2", () => instar.ask("/v1/stacks/shop/services/web/rollback", "POST", { to: null }));
    watch.stop();
    const result = await load.stop();
    expectNoLoss(result);
    took.sort((a, b) => a - b);
    console.log(
      `  ${took.length} switches: command to first answer of the other version, median ${quantile(took, 0.5)} ms, slowest ${took.at(-1)} ms`,
    );
    const { deployments } = await instar.history(SERVICE);
    expect(deployments.slice(0, SWITCHES - 1).every((d) => d.steps.every((step) => step.do === "weigh"))).toBe(true);
  });
});

const look = async (id: string): Promise<DeploymentView> =>
  (await instar.ask<{ deployment: DeploymentView }>(`/v1/deployments/${id}`)).deployment;
