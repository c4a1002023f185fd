import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude, type Variant } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeService } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { until } from "./until.ts";
import { expectNoLoss } from "./witness.ts";

let instar: Installation;
let ports: { web: number; api: number };
beforeAll(async () => {
  instar = await Installation.start();
  ports = { web: await freePort(), api: await freePort() };
  const { deployments, stderr } = await instar.apply("shop", file("v1", "v1"));
  expect(
    deployments.map(({ outcome }) => outcome),
    stderr,
  ).toEqual(["succeeded", "succeeded"]);
});
afterAll(async () => instar?.wipe());

const file = (web: Variant, api: Variant, more: object = {}): object => ({
  services: {
    web: rudeService({ port: ports.web, image: web, replicas: 2, drain: "1s" }),
    api: rudeService({ port: ports.api, image: api, replicas: 1, drain: "1s", more }),
  },
  "x-instar": { atomic: true },
});

const flag = (): string => join(instar.home, "flag");

/** The second service stays unready until it is told to die: the first has arrived by then. */
async function beginDoomed(): Promise<void> {
  rmSync(flag(), { recursive: true, force: true });
  mkdirSync(flag());
  const command = ["sh", "-c", "until [ -e /flag/die ]; do sleep 0.1; done; exit 3"];
  const doomed = file("v2", "v2", { command, volumes: [`${flag()}:/flag:ro`] });
  await instar.run("up", "-f", instar.file("shop", doomed), "--stack", "shop", "--detach");
  await until("the first service to have arrived", async () =>
    (await instar.latest("shop/web")).steps.some((step) => step.do === "arrive"),
  );
}

const doom = (): void => writeFileSync(join(flag(), "die"), "");

async function expectAsBefore(): Promise<void> {
  await expectSteady(instar, "shop/web", { replicas: 2, image: rude("v1") });
  await expectSteady(instar, "shop/api", { replicas: 1, image: rude("v1") });
}

describe("an atomic up, under load", () => {
  it("whose second service fails: the first goes back too, though it had arrived, and 0 requests fail", async () => {
    const loads = await Promise.all(
      [ports.web, ports.api].map((port) =>
        startLoad({ url: `http://127.0.0.1:${port}`, app: "rude", rate: 50, webSockets: 0, slowMs: 300 }),
      ),
    );
    await beginDoomed();
    doom();
    await expectAsBefore();
    const [web, api] = [await instar.latest("shop/web"), await instar.latest("shop/api")];
    expect([web.outcome, api.outcome], `${web.reason} / ${api.reason}`).toEqual(["rolled-back", "rolled-back"]);
    expect(web.reason).toMatch(/^INS5010 api of G\d+ failed: INS5002/);
    for (const load of loads) expectNoLoss(await load.stop());
  });

  it("with the daemon killed while one waits for the other: the same end", async () => {
    const load = await startLoad({ url: `http://127.0.0.1:${ports.web}`, app: "rude", rate: 50, webSockets: 0, slowMs: 300 });
    await beginDoomed();
    await instar.kill();
    await instar.up();
    doom();
    await expectAsBefore();
    expect([(await instar.latest("shop/web")).outcome, (await instar.latest("shop/api")).outcome]).toEqual(["rolled-back", "rolled-back"]);
    expectNoLoss(await load.stop());
  });
});

describe("hooks", () => {
  it("confirm lets a deployment go on, notify hears of it, and both are signed with the installation's key", async () => {
    const heard: { event: string; right: boolean }[] = [];
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const key = readFileSync(join(instar.home, "hook-key"), "utf8").trim();
      const signature = `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;
      heard.push({ event: String(request.headers["x-instar-event"]), right: request.headers["x-instar-signature"] === signature });
      response.end(request.url === "/confirm" ? '{"approve": true}' : "");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ready = { http: "/healthz", timeout: "30s" };
    const hooks = { confirm: `${url}/confirm`, notify: `${url}/notify` };
    const { code, deployments, stderr } = await instar.apply("shop", file("v1", "v2", { "x-instar": { ready, drain: "1s", hooks } }));
    expect([code, deployments.find(({ service }) => service === "api")?.outcome], stderr).toEqual([0, "succeeded"]);
    await until("the end to be told", () => heard.some(({ event }) => event === "deployment.succeeded"));
    expect(heard.map(({ event }) => event)).toEqual(expect.arrayContaining(["deployment.confirm", "deployment.started", "step.route"]));
    expect(heard.every(({ right }) => right)).toBe(true);
    server.close();
  });
});
