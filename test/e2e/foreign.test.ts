import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { whenThere } from "./containers.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeService } from "./stacks.ts";

/** Names that Instar would give, taken by somebody without our labels. */
const CONTAINER = "mine-web-r1-1-a1";
const NETWORK = "mine_default";
const VOLUME = "mine_ledger";
let instar: Installation;

beforeAll(async () => {
  instar = await Installation.start();
  await removeForeign();
  await instar.docker.createVolume({ Name: VOLUME });
  const container = await instar.docker.createContainer({ name: CONTAINER, Image: rude("v1"), Env: ["NOBODY=touches"] });
  await container.start();
});
afterAll(async () => {
  await instar?.wipe();
  await removeForeign();
});

async function removeForeign(): Promise<void> {
  await whenThere(instar.docker.getContainer(CONTAINER).remove({ force: true }));
  await whenThere(instar.docker.getNetwork(NETWORK).remove());
  await whenThere(instar.docker.getVolume(VOLUME).remove());
}

const stack = async (withVolume = false) => ({
  services: {
    web: rudeService({ port: await freePort(), replicas: 1, ...(withVolume ? { more: { volumes: ["ledger:/data"] } } : {}) }),
  },
  ...(withVolume ? { volumes: { ledger: {} } } : {}),
});

async function expectUntouched(): Promise<void> {
  const container = await instar.docker.getContainer(CONTAINER).inspect();
  expect(container.State.Running).toBe(true);
  expect(container.RestartCount).toBe(0);
  expect(container.Config.Env).toContain("NOBODY=touches");
  await instar.docker.getVolume(VOLUME).inspect();
}

describe("nothing foreign is touched", () => {
  it("a container of the name an instance would have: a clear error, and it runs on", async () => {
    const outcome = await instar.run("up", "-f", instar.file("mine", await stack()), "--stack", "mine", "--json");
    expect(outcome.code).toBe(1);
    expect(outcome.stdout + outcome.stderr).toContain("INS3003");
    expect(outcome.stdout + outcome.stderr).toContain(CONTAINER);
    await expectUntouched();
  });

  it("a volume of the same name: a clear error, and it stays", async () => {
    const outcome = await instar.run("up", "-f", instar.file("mine", await stack(true)), "--stack", "mine", "--json");
    expect(outcome.code).toBe(1);
    expect(outcome.stdout + outcome.stderr).toContain("INS3003");
    expect(outcome.stdout + outcome.stderr).toContain(VOLUME);
    await expectUntouched();
  });

  it("they survive down, with and without --volumes", async () => {
    for (const args of [
      ["down", "mine"],
      ["down", "mine", "--volumes"],
    ]) {
      await instar.run(...args, "--json");
      await expectUntouched();
    }
  });

  it("a network of the same name: a clear error, and it stays", async () => {
    await instar.docker.createNetwork({ Name: NETWORK, Driver: "bridge" });
    const outcome = await instar.run("up", "-f", instar.file("mine", await stack()), "--stack", "mine", "--json");
    expect(outcome.code).toBe(1);
    expect(outcome.stdout + outcome.stderr).toContain("INS3003");
    expect(outcome.stdout + outcome.stderr).toContain(NETWORK);
    await instar.run("down", "mine", "--volumes", "--json");
    const network = (await instar.docker.getNetwork(NETWORK).inspect()) as { Name: string; Labels: Record<string, string> };
    expect(network.Name).toBe(NETWORK);
    await expectUntouched();
  });

  it("they survive a daemon that is killed in the middle, and the one after it", async () => {
    const own = { services: { web: rudeService({ port: await freePort(), replicas: 1 }) } };
    await instar.kill();
    await instar.up("2");
    await instar.run("up", "-f", instar.file("own", own), "--stack", "own", "--detach");
    await instar.kill();
    await expectUntouched();
    await instar.up();
    await instar.apply("own", own);
    await expectUntouched();
    await instar.run("down", "own", "--volumes", "--json");
    await expectUntouched();
  });

  it("another installation's instances are foreign too", async () => {
    const other = await Installation.start();
    try {
      await other.apply("theirs", { services: { web: rudeService({ port: await freePort(), replicas: 1 }) } });
      const theirs = await other.running();
      expect(theirs).toHaveLength(1);
      expect((await instar.instances()).filter((one) => one.stack === "theirs")).toEqual([]);
      expect(await instar.refused("down", "theirs")).toMatchObject({ code: "INS2006", exit: 1 });
      expect((await other.running()).map((one) => one.id)).toEqual(theirs.map((one) => one.id));
    } finally {
      await other.wipe();
    }
  });
});
