import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { LONG } from "./size.ts";
import { rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { until } from "./until.ts";

let instar: Installation;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
  await instar.apply("shop", rudeStack({ port, drain: "1s", readyTimeout: "3s" }));
});
afterAll(async () => instar?.wipe());

/** With the daemon dead somebody does this to our containers; then it starts, and must come to what is wanted. */
async function meddle(work: (ids: readonly string[]) => Promise<void>): Promise<void> {
  await instar.kill();
  await work((await instar.running("web")).map((one) => one.id));
  await instar.up();
}

async function expectServing(): Promise<void> {
  await expectServingSoon();
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
  expect(answer.status).toBe(200);
  expect(((await answer.json()) as { version: string }).version).toBe("v1");
}

/** No deployment runs, so the rest is seen in the instances themselves. */
async function expectServingSoon(): Promise<void> {
  await until("three to serve and nothing else to move", async () => {
    const views = await instar.instances();
    return views.filter((one) => one.phase === "serving").length === 3 && views.every((one) => ["serving", "evidence"].includes(one.phase));
  });
  await expectSteady(instar, "shop/web", { replicas: 3, image: rude("v1") });
}

const container = (id: string | undefined) => instar.docker.getContainer(id ?? "missing");

describe("somebody meddles with our containers while the daemon is dead", () => {
  it("removes one and stops another: both are replaced", async () => {
    await meddle(async ([one, two]) => {
      await container(one).remove({ force: true });
      await container(two).stop({ t: 1 });
    });
    await expectServing();
  });

  it("restarts one: it is worn, and a fresh one takes its place", async () => {
    let restarted = "";
    await meddle(async ([one]) => {
      restarted = one ?? "";
      await container(one).restart({ t: 1 });
    });
    await until("the restarted one to go", async () => (await instar.running("web")).every((one) => one.id !== restarted));
    await expectServing();
  });

  it("starts the kept evidence of a failed deployment: it takes no traffic and is stopped again", async () => {
    const { deployments } = await instar.deployments("deploy", "shop/web", "--image", rude("neverready"));
    expect(deployments[0]?.outcome).toBe("rolled-back");
    const evidence = (await instar.instances()).find((one) => one.phase === "evidence");
    if (evidence === undefined) throw new Error("no evidence was kept");
    await meddle(async () => {
      await instar.docker.getContainer(evidence.name).start();
    });
    await until("the evidence to be stopped again", async () => (await instar.running("web")).every((one) => one.name !== evidence.name));
    await expectServing();
    expect((await instar.instances()).find((one) => one.name === evidence.name)?.phase).toBe("evidence");
  });

  it("pauses one: it is not left in the rotation", async () => {
    let paused = "";
    await meddle(async ([one]) => {
      paused = one ?? "";
      await container(one).pause();
    });
    await until("requests to be answered by three others", async () => {
      const serving = (await instar.instances()).filter((one) => one.phase === "serving");
      const running = (await instar.running("web")).filter((one) => one.id !== paused);
      return serving.length === 3 && running.length === 3;
    });
    await expectServing();
  });

  // One of the long set: the next one removes as much, and the network.
  it.runIf(LONG)("removes every container, the router's too: it all comes back", async () => {
    await meddle(async () => {
      for (const one of await instar.containers()) await container(one.id).remove({ force: true });
    });
    await expectServing();
  });

  it("removes the network with them, as a prune would: it all comes back", async () => {
    await meddle(async () => {
      for (const one of await instar.containers()) await container(one.id).remove({ force: true });
      await instar.docker.getNetwork("shop_default").remove();
    });
    await expectServing();
  });
});
