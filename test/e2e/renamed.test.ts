import { afterAll, beforeAll, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeService, rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { until } from "./until.ts";
import { expectNoLoss } from "./witness.ts";

let instar: Installation;
let port = 0;
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
  await instar.apply("shop", rudeStack({ port, replicas: 2 }));
});
afterAll(async () => instar?.wipe());

it("a service that got another name takes its port over under load: refused without --prune, with it nothing is lost", async () => {
  const file = { services: { site: rudeService({ port, replicas: 2, image: "v2" }) } };
  const load = await startLoad({ url: `http://127.0.0.1:${port}`, webSockets: 0, slowMs: 1000 });
  expect(await instar.refused("up", "-f", instar.file("renamed", file), "--stack", "shop")).toMatchObject({
    ...{ exit: 65, code: "INS1009", message: expect.stringContaining("of site belongs to web, which is not in the file") },
    hint: expect.stringContaining("--prune removes web once site"),
  });
  await expectSteady(instar, "shop/web", { replicas: 2, image: rude("v1") });
  const { code, deployments } = await instar.apply("shop", file, "--prune");
  expect([code, deployments.map(({ service, outcome }) => [service, outcome])]).toEqual([0, [["site", "succeeded"]]]);
  await until("the old name to be gone", async () => (await instar.running("web")).length === 0);
  await expectSteady(instar, "shop/site", { replicas: 2, image: rude("v2") });
  const report = await load.stop();
  expectNoLoss(report);
  expect(Object.keys(report.versions).sort()).toEqual(["v1", "v2"]);
});

it("a port that goes to a service put in front, which starts slowly, is served all the time", async () => {
  const load = await startLoad({ url: `http://127.0.0.1:${port}`, webSockets: 0, slowMs: 1000 });
  const inner = rudeService({ port, replicas: 2, image: "v2", more: { ports: [], expose: ["8080"] } });
  // Before `site` in the alphabet.
  const file = { services: { front: rudeService({ port, replicas: 2, image: "slowstart" }), site: inner } };
  const { code, deployments } = await instar.apply("shop", file);
  expect([code, deployments.map(({ service, outcome, group }) => [service, outcome, group])]).toEqual([
    0,
    [
      ["front", "succeeded", "G2"],
      ["site", "succeeded", "G2"],
    ],
  ]);
  await expectSteady(instar, "shop/front", { replicas: 2, image: rude("slowstart") });
  const report = await load.stop();
  expectNoLoss(report);
  expect(Object.keys(report.versions).sort()).toEqual(["slowstart", "v2"]);
});

it.each([
  ["host", "tcp"],
  ["ingress", "udp"],
])("a port that its instances have themselves (mode %s, %s) is let go of first", async (mode, protocol) => {
  const own = await freePort();
  const bound = rudeService({
    ...{ port: own, replicas: 1 },
    more: { ports: [{ target: 8080, published: String(own), mode, protocol }], expose: ["8080"] },
  });
  const stack = `bound-${protocol}`;
  await instar.apply(stack, { services: { web: bound } });
  const { code, deployments } = await instar.apply(stack, { services: { site: bound } }, "--prune");
  expect([code, deployments.map(({ service, outcome }) => `${service} ${outcome}`).sort()]).toEqual([
    0,
    ["site succeeded", "web succeeded"],
  ]);
  await expectSteady(instar, `${stack}/site`, { replicas: 1, image: rude("v1") });
});
