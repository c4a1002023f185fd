import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SIDES } from "../../src/spec/sides.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import { House, request } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
  house.engine.control.images.add("shop/tool:v1");
});
afterEach(async () => house.wipe());

const key = { stack: "shop", service: "web" };
const web = (image: string, more: Partial<ServiceSpec> = {}) => ({ web: { image: `shop/web:${image}`, replicas: 1, ...more } });
/** A rollback pins. */
const UNPINNED = { unpin: true };
/** What a verb has set does not count. */
const FILE = { forceFile: true };
const scale = async (replicas: number) => house.ended((await house.daemon.control.scale(key, replicas, "me")).id);
/** The revision that `plan` shows, and the one that `up` then makes. */
const shownAndMade = async (image: string): Promise<readonly (number | null | undefined)[]> => {
  const shown = (await house.plan(web(image), UNPINNED)).services[0]?.to;
  return [shown, (await house.upToTheEnd(web(image), UNPINNED))[0]?.to];
};

describe("the revision that a plan shows is the one that up makes", () => {
  it("after a rollback", async () => {
    await house.upToTheEnd(web("v1"));
    await house.upToTheEnd(web("v2"));
    await house.ended((await house.daemon.control.rollback(key, { to: null, data: false }, "me")).id);
    expect(await shownAndMade("v3")).toEqual([3, 3]);
  });

  it("after a deployment that failed, for another content and for the same again", async () => {
    await house.upToTheEnd(web("v1"));
    expect((await house.upToTheEnd(web("bad")))[0]?.outcome).toBe("rolled-back");
    expect(await shownAndMade("bad")).toEqual([2, 2]);
    expect(await shownAndMade("v2")).toEqual([3, 3]);
  });

  it("while a rollback runs, with its job and its confirmation", async () => {
    await house.upToTheEnd(web("v1"));
    await house.upToTheEnd(web("v2"));
    house.engine.control.behave("shop/web:v1", { readyAfterMs: null });
    await house.daemon.control.rollback(key, { to: null, data: false }, "me");
    const spec = serviceSpec({ image: "shop/tool:v1", networks: { default: { aliases: [] } } });
    const next = web("v3", {
      jobs: { before: { service: "migrate", timeoutMs: 60_000, image: "own", spec } },
      hooks: { confirm: { url: "https://ci.example/ok", timeoutMs: 60_000 } },
    });
    const planned = (await house.plan(next, UNPINNED)).services[0];
    expect(planned?.to).toBe(3);
    expect(planned?.steps.slice(0, 2).map((step) => step.do)).toEqual(["ask", "job"]);
  });
});

it("a plan of a canary that runs no instances shows no course, as there is none", async () => {
  const canary = (image: string) => web(image, { replicas: 0, strategy: "canary", sides: SIDES.canary });
  await house.upToTheEnd(canary("v1"));
  const planned = (await house.plan(canary("v2"))).services[0];
  expect(planned?.rollout?.split("; ")).toHaveLength(2);
  expect(planned?.steps).toEqual([]);
  expect((await house.upToTheEnd(canary("v2")))[0]).toMatchObject({ outcome: "succeeded", steps: [] });
});

describe("what a plan says of the services", () => {
  it("that the file has no more: nothing happens to them, or with --prune they go, which is a change", async () => {
    await house.upToTheEnd({ ...web("v1"), api: { ports: [], replicas: 1 } });
    const planned = async (prune: boolean) => {
      const { changed, services } = await house.plan(web("v1"), { prune });
      return [changed, ...services.map(({ service, action, to }) => `${service} ${action} ${to}`)];
    };
    expect(await planned(false)).toEqual([false, "web none 1", "api orphaned null"]);
    expect(await planned(true)).toEqual([true, "web none 1", "api remove null"]);
  });

  it("that are built: what runs is what it compares with, and nothing is built or pulled for it", async () => {
    const file = { image: "shop/built:1", build: { context: ".", dockerfile: "Dockerfile", args: {}, target: null } };
    expect((await house.plan(web("v1", file))).services).toMatchObject([{ action: "create", to: 1 }]);
    house.engine.control.images.add("shop/web:built");
    await house.upToTheEnd(web("v1", file), { built: { web: "shop/web:built" } });
    house.engine.control.calls.length = 0;
    const plan = await house.plan(web("v1", file));
    expect(plan.services).toMatchObject([{ action: "none" }]);
    expect(plan.notices.map(({ code, message }) => `${code} ${message}`)).toEqual([
      expect.stringMatching(/^unbuilt web is compared without its build/),
    ]);
    expect(house.engine.control.calls.filter(({ call }) => ["resolveImage", "build"].includes(call))).toEqual([]);
  });
});

it("an image that a verb has set stays where the file builds one, until the file is to win", async () => {
  const file = web("v1", { image: "shop/built:1", build: { context: ".", dockerfile: "Dockerfile", args: {}, target: null } });
  for (const tag of ["built", "hotfix", "again"]) house.engine.control.images.add(`shop/web:${tag}`);
  await house.upToTheEnd(file, { built: { web: "shop/web:built" } });
  const { id } = await house.ended((await house.daemon.control.deploy(key, "shop/web:hotfix", "me")).id);
  const { deployments, kept } = await house.up(file, { built: { web: "shop/web:again" } });
  expect([deployments[0]?.outcome, kept]).toEqual(["unchanged", [`web: image from deployment ${id}`]]);
  expect((await house.plan(file)).notices.filter(({ code }) => code === "unbuilt")).toEqual([]);
  await house.upToTheEnd(file, { ...FILE, built: { web: "shop/web:again" } });
  expect((await house.daemon.control.instances(key)).map(({ image }) => image)).toEqual(["shop/web:again"]);
});

describe("a plan of a service that is brought in beside the old one", () => {
  const canary = (image: string, more: Partial<ServiceSpec> = {}) =>
    web(image, { strategy: "canary", sides: { ...SIDES.canary, steps: [2_500], everyMs: 100 }, ...more });
  const course = (steps: readonly { readonly do: string; readonly because: string }[]) =>
    steps.filter((step) => step.do === "weigh" || step.do === "stage").map(({ because }) => because);

  it("has the steps of its course, and up takes them", async () => {
    await house.upToTheEnd(canary("v1"));
    const planned = (await house.plan(canary("v2"))).services[0];
    expect(planned?.rollout?.split("; ")).toHaveLength(3);
    expect(course(planned?.steps ?? [])).toContain("revision 2 gets 25 %");
    const [made] = await house.upToTheEnd(canary("v2"));
    expect(course(planned?.steps ?? [])).toEqual(course(made?.steps ?? []));
  });

  it("has none for another number of instances", async () => {
    await house.upToTheEnd(canary("v1"));
    await scale(3);
    const planned = (await house.plan(canary("v1"), FILE)).services[0];
    expect(planned).toMatchObject({ action: "scale", from: 1, to: 1 });
    expect(planned?.rollout?.split("; ")).toHaveLength(2);
    expect(course(planned?.steps ?? [])).toEqual([]);
  });

  it("has none where no instance would be another", async () => {
    const blueGreen = (drainMs: number) => web("v1", { strategy: "blue-green", sides: SIDES["blue-green"], drainMs });
    await house.upToTheEnd(blueGreen(200));
    const planned = (await house.plan(blueGreen(300))).services[0];
    expect(planned).toMatchObject({ action: "update", to: 2, steps: [] });
    expect(planned?.rollout?.split("; ")).toHaveLength(2);
  });
});

describe("a plan names what happens around the rollout where it happens, and not for another number of instances:", () => {
  const does = (view: { readonly steps: readonly { readonly do: string }[] } | undefined, ...kinds: readonly string[]) =>
    view?.steps.map((step) => step.do).filter((what) => kinds.includes(what));

  it("jobs and a confirmation", async () => {
    house.hook = async () => ({ status: 200, body: '{"approve":true}' });
    house.engine.control.behave("shop/tool:v1", { endsAfterMs: 5, exitCode: 0, readyAfterMs: null, lines: [] });
    const spec = serviceSpec({ image: "shop/tool:v1", networks: { default: { aliases: [] } } });
    const more = {
      jobs: { before: { service: "migrate", timeoutMs: 60_000, image: "own" as const, spec } },
      hooks: { confirm: { url: "https://ci.example/ok", timeoutMs: 60_000 } },
    };
    await house.upToTheEnd(web("v1", more));
    expect(does((await house.plan(web("v2", more))).services[0], "ask", "job")).toEqual(["ask", "job"]);
    await scale(3);
    expect(does((await house.plan(web("v1", more), FILE)).services[0], "ask", "job")).toEqual([]);
    const [scaled] = await house.upToTheEnd(web("v1", more), FILE);
    expect(does(scaled, "ask", "job-create")).toEqual([]);
  });

  it("a snapshot", async () => {
    const mounts = [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }] as const;
    const asked = (image: string, replicas: number) => {
      const one = request(web(image, { mounts, ports: [], replicas }), {});
      const [data] = Object.values(one.spec.volumes);
      if (data === undefined) throw new Error("the file declares no volume");
      return { ...one, spec: { ...one.spec, volumes: { data: { ...data, snapshot: { keep: 2, maxAgeMs: null } } } } };
    };
    const planned = async (image: string, replicas: number) =>
      does((await house.daemon.control.plan(asked(image, replicas))).services[0], "stop", "snapshot", "start");
    const made = async (image: string, replicas: number) => {
      const [{ id } = { id: "" }] = (await house.daemon.control.up(asked(image, replicas))).deployments;
      return does(await house.ended(id), "stop", "snapshot", "start");
    };
    expect([await planned("v1", 1), await made("v1", 1)]).toEqual(Array(2).fill(["start"]));
    expect([await planned("v2", 1), await made("v2", 1)]).toEqual(Array(2).fill(["stop", "snapshot", "start"]));
    expect([await planned("v2", 0), await made("v2", 0)]).toEqual(Array(2).fill(["stop"]));
  });
});

it("a rolled back service gets as many instances of what runs as the file says: no revision is made for it", async () => {
  await house.upToTheEnd(web("v1"));
  await house.upToTheEnd(web("v2"));
  await house.ended((await house.daemon.control.rollback(key, { to: null, data: false }, "me")).id);
  await scale(2);
  const how = { ...UNPINNED, ...FILE };
  expect((await house.plan(web("v1"), how)).services[0]).toMatchObject({ action: "scale", from: 1, to: 1 });
  expect(await house.upToTheEnd(web("v1"), how)).toMatchObject([{ outcome: "succeeded", from: 1, to: 1 }]);
  expect((await house.daemon.control.history(key)).revisions).toHaveLength(2);
});
