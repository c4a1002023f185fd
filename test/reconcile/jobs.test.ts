import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InstarError } from "../../src/errors.ts";
import type { DeploymentView } from "../../src/reconcile/control.ts";
import type { JobSpec, ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
  const { images } = house.engine.control;
  for (const name of ["migrate", "smoke", "broken", "slow"]) images.add(`shop/${name}:1`);
  for (const name of ["migrate", "smoke"]) behave(name, 5, 0);
  behave("broken", 5, 4);
  behave("slow", 150, 0);
});
afterEach(async () => house.wipe());

const behave = (name: string, endsAfterMs: number, exitCode: number): void =>
  house.engine.control.behave(`shop/${name}:1`, { endsAfterMs, exitCode, readyAfterMs: null, lines: [`${name} ran`] });

const job = (service: string, more: Partial<JobSpec> = {}): JobSpec => ({
  service,
  timeoutMs: 60_000,
  image: "own",
  spec: serviceSpec({ image: `shop/${service}:1`, networks: { default: { aliases: [] } }, stopGraceMs: 50 }),
  ...more,
});
const web = (image: string, jobs: ServiceSpec["jobs"]): Record<string, Partial<ServiceSpec>> => ({
  web: { image: `shop/web:${image}`, ...(jobs === undefined ? {} : { jobs }) },
});
const deploy = async (image: string, jobs: ServiceSpec["jobs"]): Promise<DeploymentView> => {
  const [view] = await house.upToTheEnd(web(image, jobs));
  if (view === undefined) throw new Error("nothing was deployed");
  return view;
};
const starts = (name: string): number => house.engine.control.calls.filter((one) => one.call === "start" && one.name === name).length;
const deeds = (view: DeploymentView): string[] => view.steps.map((step) => step.do);

describe("x-instar.jobs", () => {
  it("runs the one before ahead of every change and the one after behind it; their lines stay, their containers go", async () => {
    await deploy("v1", undefined);
    const second = await deploy("v2", { before: job("migrate"), after: job("smoke") });
    expect(second.outcome, second.reason ?? "").toBe("succeeded");
    const order = deeds(second);
    expect(order.slice(0, 3)).toEqual(["job-create", "job-start", "job-end"]);
    expect(order.slice(-3)).toEqual(["job-create", "job-start", "job-end"]);
    expect(second.jobs).toMatchObject([
      { moment: "before", job: "migrate", container: "shop-web-d2-before", state: "succeeded", exitCode: 0, log: ["migrate ran"] },
      { moment: "after", job: "smoke", state: "succeeded", log: ["smoke ran"] },
    ]);
    expect(house.engine.control.hasContainer("shop-web-d2-before")).toBe(false);
    expect(await house.serving()).toEqual(["shop-web-r2-1-a1", "shop-web-r2-2-a1"]);
    const lines = [];
    const how = { follow: false, tail: null, signal: new AbortController().signal };
    for await (const line of house.daemon.control.logs({ stack: "shop", service: "web" }, how)) lines.push(line.text);
    expect(lines).toEqual(["migrate ran", "smoke ran"]);
  });

  it("changes nothing of what serves when the one before fails", async () => {
    await deploy("v1", undefined);
    const serving = await house.serving();
    const second = await deploy("v2", { before: job("broken") });
    expect(second).toMatchObject({
      outcome: "rolled-back",
      reason: "INS5008 the job broken ended with exit code 4; last line: broken ran",
    });
    expect(deeds(second)).toEqual(["job-create", "job-start", "job-end"]);
    expect(await house.serving()).toEqual(serving);
    expect(house.engine.control.calls.some(({ name }) => name.startsWith("shop-web-r2-"))).toBe(false);
  });

  it("stops the one before when a first deployment is aborted, and records it", async () => {
    behave("slow", 600_000, 0);
    const [begun] = (await house.up(web("v1", { before: job("slow") }))).deployments;
    await house.until(async () => starts("shop-web-d1-before") === 1);
    await house.daemon.control.abort(begun?.id ?? "", "ann");
    expect(await house.ended(begun?.id ?? "")).toMatchObject({ outcome: "aborted", reason: "aborted by ann" });
    const ended = await house.until(async () => {
      const [one] = (await house.daemon.control.deployment(begun?.id ?? "")).jobs ?? [];
      return one?.state === "failed" && !house.engine.control.hasContainer("shop-web-d1-before") && one;
    });
    expect(ended).toMatchObject({ moment: "before", job: "slow", log: ["slow ran"] });
    expect(await house.engine.instances()).toEqual([]);
  });

  it("keeps healing what serves while the one before runs", async () => {
    await deploy("v1", undefined);
    behave("slow", 600_000, 0);
    const { deployments } = await house.up(web("v2", { before: job("slow") }));
    await house.until(async () => starts("shop-web-d2-before") === 1);
    house.engine.control.crash("shop-web-r1-1-a1");
    await house.until(async () => (await house.serving()).includes("shop-web-r1-1-a2"));
    expect((await house.daemon.control.deployment("D2")).jobs?.[0]?.state).toBe("running");
    house.engine.control.crash("shop-web-d2-before", 0);
    expect((await house.ended(deployments[0]?.id ?? "")).outcome).toBe("succeeded");
  });

  it("has its time by the time that passes, whatever somebody sets the clock to", async () => {
    await deploy("v1", undefined);
    behave("slow", 600_000, 0);
    const { deployments } = await house.up(web("v2", { before: job("slow") }));
    await house.until(async () => starts("shop-web-d2-before") === 1);
    house.clockSetBy = 2 * 3_600_000;
    await house.until(async () => (await house.daemon.control.events({})).some(({ kind }) => kind === "clock.set"));
    // It has been looked at since.
    house.engine.control.crash("shop-web-r1-1-a1");
    await house.until(async () => (await house.serving()).includes("shop-web-r1-1-a2"));
    house.engine.control.crash("shop-web-d2-before", 0);
    expect((await house.ended(deployments[0]?.id ?? "")).outcome).toBe("succeeded");
  });

  it("has no longer where somebody else started it, and does not run again once that was seen", async () => {
    await deploy("v1", undefined);
    behave("slow", 600_000, 0);
    const { create, start } = house.engine;
    house.engine.create = async (blueprint) => {
      const id = await create(blueprint);
      if (blueprint.name.endsWith("-before")) await start(blueprint.name);
      return id;
    };
    const late = await deploy("v2", { before: job("slow", { timeoutMs: 80 }) });
    expect(late.reason).toContain("INS5008 the job slow was stopped, for it has not ended within 80 ms");
    const { deployments } = await house.up(web("v3", { before: job("slow") }));
    await house.until(async () => (await house.daemon.control.deployment("D3")).jobs?.[0]?.startedAt != null);
    house.engine.control.vanish("shop-web-d3-before");
    expect((await house.ended(deployments[0]?.id ?? "")).reason).toContain("it does not run twice");
    expect([starts("shop-web-d2-before"), starts("shop-web-d3-before")]).toEqual([1, 1]);
  });

  it("goes back when the one after fails", async () => {
    await deploy("v1", undefined);
    const second = await deploy("v2", { after: job("broken") });
    expect(second).toMatchObject({ outcome: "rolled-back", reason: expect.stringContaining("INS5008 the job broken") });
    expect((await house.serving()).every((name) => name.startsWith("shop-web-r1-"))).toBe(true);
  });

  it("leaves a first deployment undone, and a stopped service stopped", async () => {
    const first = await deploy("v1", { before: job("broken") });
    expect(first.outcome).toBe("failed");
    expect(await house.serving()).toEqual([]);
    await deploy("v2", undefined);
    await house.ended((await house.daemon.control.stop({ stack: "shop", service: "web" }, "me")).id);
    expect((await deploy("v3", { before: job("broken") })).outcome).toBe("rolled-back");
    expect((await house.daemon.control.services("shop"))[0]?.state).toBe("stopped");
  });

  it("waits for a job that a restart finds running, and never starts it again", async () => {
    await deploy("v1", undefined);
    const { deployments } = await house.up(web("v2", { before: job("slow") }));
    await house.until(async () => starts("shop-web-d2-before") === 1);
    await house.reopen();
    expect((await house.ended(deployments[0]?.id ?? "")).outcome).toBe("succeeded");
    expect(starts("shop-web-d2-before")).toBe(1);
  });

  it("is no instance that verify has to prove, unless no job of ours is known there", async () => {
    await deploy("v1", undefined);
    behave("slow", 60_000, 0);
    await house.up(web("v2", { before: job("slow") }));
    await house.until(async () => starts("shop-web-d2-before") === 1);
    const proof = async () => (await house.daemon.control.proofs.verify({ stack: "shop" })).attestation;
    expect(await proof()).toMatchObject({ proven: true, instances: [{ name: "shop-web-r1-1-a1" }, { name: "shop-web-r1-2-a1" }] });
    const { blueprint } = house.engine.control.container("shop-web-d2-before");
    house.engine.control.leaveHalfBuilt({ ...blueprint, name: "shop-web-d9-before" });
    expect((await proof()).instances.flatMap(({ name, differences }) => differences.map(({ detail }) => `${name} ${detail}`))).toContain(
      "shop-web-d9-before revision 2 is not known here",
    );
  });

  it("does not run again a job whose container is gone after its start", async () => {
    await deploy("v1", undefined);
    behave("slow", 60_000, 0);
    const { deployments } = await house.up(web("v2", { before: job("slow") }));
    await house.until(
      async () => (await house.daemon.control.deployment("D2")).jobs?.[0]?.startedAt != null && starts("shop-web-d2-before") === 1,
    );
    house.engine.control.vanish("shop-web-d2-before");
    const view = await house.ended(deployments[0]?.id ?? "");
    expect(view.reason).toContain("whether it came to its end is not known, and it does not run twice");
    expect(starts("shop-web-d2-before")).toBe(1);
  });

  it("stops one that takes too long, and one whose deployment is aborted", async () => {
    await deploy("v1", undefined);
    behave("slow", 60_000, 0);
    const late = await deploy("v2", { before: job("slow", { timeoutMs: 80 }) });
    expect(late.reason).toContain("INS5008 the job slow was stopped, for it has not ended within 80 ms");
    const { deployments } = await house.up(web("v3", { before: job("slow") }));
    await house.until(async () => starts("shop-web-d3-before") === 1);
    await house.daemon.control.abort(deployments[0]?.id ?? "", "me");
    expect((await house.ended("D3")).outcome).toBe("aborted");
    expect(house.engine.control.hasContainer("shop-web-d3-before")).toBe(false);
  });

  it("lets a migration end before that of the deployment that supersedes it begins", async () => {
    await deploy("v1", undefined);
    await house.up(web("v2", { before: job("slow") }));
    await house.until(async () => starts("shop-web-d2-before") === 1);
    const third = await deploy("v3", { before: job("migrate") });
    expect(third.outcome).toBe("succeeded");
    const { calls } = house.engine.control;
    const at = (call: string, name: string): number => calls.findIndex((one) => one.call === call && one.name === name);
    expect(at("remove", "shop-web-d2-before")).toBeLessThan(at("start", "shop-web-d3-before"));
    expect(house.engine.control.calls.some((one) => one.call === "stop" && one.name === "shop-web-d2-before")).toBe(false);
    expect((await house.daemon.control.deployment("D2")).jobs?.[0]?.state).toBe("succeeded");
  });

  it("fails with the engine's words where the job cannot be started", async () => {
    await deploy("v1", undefined);
    house.engine.control.failNext("start", new InstarError("INS1015", "bind source path does not exist: /x"));
    const view = await deploy("v2", { before: job("migrate") });
    expect(view.reason).toBe("INS5008 the job migrate could not be started: INS1015 bind source path does not exist: /x");
  });

  it("runs for another revision only: not for scale, recycle, or a rollback by hand", async () => {
    const jobs = { before: job("migrate") };
    await deploy("v1", jobs);
    await deploy("v2", jobs);
    const key = { stack: "shop", service: "web" };
    for (const move of [
      () => house.daemon.control.scale(key, 1, "me"),
      () => house.daemon.control.recycle(key, "me"),
      () => house.daemon.control.rollback(key, { to: null, data: false }, "me"),
    ]) {
      const ended = await house.ended((await move()).id);
      expect([ended.outcome, ended.jobs]).toEqual(["succeeded", undefined]);
    }
  });

  it("runs with the image deployed when it is of the service's image", async () => {
    await deploy("v1", undefined);
    house.engine.control.behave("shop/web:v1", {});
    const own = job("tool", { image: "revision", spec: serviceSpec({ image: "shop/web:v1", networks: { default: { aliases: [] } } }) });
    const [view] = (await house.up(web("v1", { before: own }))).deployments;
    await house.until(async () => starts("shop-web-d2-before") === 1);
    expect(house.engine.control.container("shop-web-d2-before").blueprint.image.reference).toBe("shop/web:v1");
    await house.daemon.control.abort(view?.id ?? "", "me");
    expect((await house.ended(view?.id ?? "")).outcome).toBe("aborted");
  });

  it("takes the image that a verb deploys, when it is of the service's image", async () => {
    house.engine.control.images.add("shop/once:1");
    house.engine.control.images.add("shop/once:2");
    for (const tag of ["1", "2"]) house.engine.control.behave(`shop/once:${tag}`, { endsAfterMs: 5, exitCode: 0, readyAfterMs: null });
    const image = "shop/once:1";
    const spec = serviceSpec({ image, networks: { default: { aliases: [] } } });
    const cron = { image, ports: [], ready: null, replicas: 1, restart: { policy: "no" as const, maxAttempts: 0 } };
    await house.upToTheEnd({ cron: { ...cron, jobs: { before: { service: "tool", timeoutMs: 60_000, image: "revision", spec } } } });
    const images: (string | undefined)[] = [];
    const { engine } = house;
    const { create } = engine;
    engine.create = async (blueprint) => {
      if (blueprint.name.endsWith("-before")) images.push(blueprint.image.reference);
      return create(blueprint);
    };
    const view = await house.daemon.control.deploy({ stack: "shop", service: "cron" }, "shop/once:2", "me");
    expect((await house.ended(view.id)).outcome).toBe("succeeded");
    expect(images).toEqual(["shop/once:2"]);
  });
});
