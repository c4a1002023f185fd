import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DeploymentView, UpRequest } from "../../src/reconcile/control.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { House, request } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const port = (published: number): ServiceSpec["ports"] => [
  { published, target: 8080, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http" },
];
const services = (web: string, api: string, more: Partial<ServiceSpec> = {}): Record<string, Partial<ServiceSpec>> => ({
  web: { image: `shop/web:${web}`, ports: port(8080) },
  api: { image: `shop/web:${api}`, ports: port(8081), ...more },
});
const begin = async (of: Record<string, Partial<ServiceSpec>>, more: Partial<UpRequest> = {}): Promise<DeploymentView[]> => {
  const asked = request(of, more);
  return [...(await house.daemon.control.up({ ...asked, spec: { ...asked.spec, atomic: true } })).deployments];
};
const deploy = async (...of: Parameters<typeof begin>): Promise<Record<string, DeploymentView>> => {
  const begun = await begin(...of);
  const ended = await Promise.all(begun.map((one) => (one.outcome === "unchanged" ? one : house.ended(one.id))));
  return Object.fromEntries(ended.map((one) => [one.service, one]));
};
const arrived = (id: string) =>
  house.until(async () => (await house.daemon.control.deployment(id)).steps.some((step) => step.do === "arrive"));
const serving = async (revision: number): Promise<boolean> =>
  [...(await house.serving("web")), ...(await house.serving("api"))].every((name) => name.includes(`-r${revision}-`));

describe("x-instar.atomic", () => {
  it("ends all deployments of an up at once, when the last has arrived", async () => {
    const { web, api } = await deploy(services("v1", "v1"));
    expect([web?.outcome, api?.outcome, web?.group, api?.group]).toEqual(["succeeded", "succeeded", "G1", "G1"]);
    expect(web?.endedAt).toBe(api?.endedAt);
    const kinds = (await house.daemon.control.events({ stack: "shop" })).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind.startsWith("group."))).toEqual(["group.started", "group.succeeded"]);
  });

  it("takes all back when one fails, those that had arrived too", async () => {
    await deploy(services("v1", "v1"));
    const begun = await begin(services("v2", "bad", { readyTimeoutMs: 60_000 }));
    const views = await Promise.all(begun.map(({ id }) => house.ended(id)));
    const [web, api] = ["web", "api"].map((service) => views.find((one) => one.service === service));
    expect([web?.outcome, api?.outcome]).toEqual(["rolled-back", "rolled-back"]);
    expect(api?.reason).toMatch(/^INS5002 shop-api-r2-1-a1 ended by itself with exit code 3/);
    expect(web?.reason).toBe(`INS5010 api of G2 failed: ${api?.reason}`);
    expect(await serving(1)).toBe(true);
    const last = (await house.daemon.control.events({ stack: "shop" })).filter(({ kind }) => kind.startsWith("group."));
    expect(last.at(-1)?.message).toContain("G2 rolled-back: api: INS5002");
  });

  it("takes back one that had arrived long ago, and it was never what a later failure goes back to", async () => {
    await deploy(services("v1", "v1"));
    house.engine.control.behave("shop/web:v3", { readyAfterMs: null });
    const begun = await begin(services("v2", "v3", { readyTimeoutMs: 6000 }));
    await arrived(begun[0]?.id ?? "");
    expect(await house.serving("web")).toEqual(["shop-web-r2-1-a1", "shop-web-r2-2-a1"]);
    await house.reopen();
    const views = await Promise.all(begun.map(({ id }) => house.ended(id)));
    expect(views.map(({ outcome }) => outcome)).toEqual(["rolled-back", "rolled-back"]);
    expect(await serving(1)).toBe(true);
  });

  it("heals one that waits, as far as its failures allow", async () => {
    await deploy(services("v1", "v1"));
    house.engine.control.behave("shop/web:v3", { readyAfterMs: 1500 });
    const half = { maxFailureRatio: 0.5, parallelism: 1, delayMs: 0, order: null, failureAction: "rollback", monitorMs: 0 } as const;
    const of = services("v2", "v3", { readyTimeoutMs: 60_000 });
    const begun = await begin({ ...of, web: { ...of["web"], rollout: half } });
    await arrived(begun[0]?.id ?? "");
    house.engine.control.crash("shop-web-r2-1-a1");
    const views = await Promise.all(begun.map(({ id }) => house.ended(id)));
    expect(views.map(({ outcome }) => outcome)).toEqual(["succeeded", "succeeded"]);
    expect(await house.serving("web")).toEqual(["shop-web-r2-1-a2", "shop-web-r2-2-a1"]);
  });

  it("lets a member depend on another one's readiness", async () => {
    const of = services("v1", "v1", { dependsOn: { web: { condition: "service_healthy", required: true } } });
    expect((await deploy(of))["api"]?.outcome).toBe("succeeded");
  });

  it("goes on without a member that a newer deployment supersedes", async () => {
    await deploy(services("v1", "v1"));
    house.engine.control.behave("shop/web:v3", { readyAfterMs: null });
    const begun = await begin(services("v2", "v3", { readyTimeoutMs: 60_000 }));
    await arrived(begun[0]?.id ?? "");
    const newer = await house.daemon.control.deploy({ stack: "shop", service: "api" }, "shop/web:v2", "me");
    const views = await Promise.all([...begun, newer].map(({ id }) => house.ended(id)));
    expect(views.map(({ outcome }) => outcome)).toEqual(["succeeded", "superseded", "succeeded"]);
  });

  it("goes back as a whole when one is aborted", async () => {
    await deploy(services("v1", "v1"));
    house.engine.control.behave("shop/web:v3", { readyAfterMs: null });
    const begun = await begin(services("v2", "v3", { readyTimeoutMs: 60_000 }));
    await arrived(begun[0]?.id ?? "");
    await house.daemon.control.abort(begun[1]?.id ?? "", "me");
    const views = await Promise.all(begun.map(({ id }) => house.ended(id)));
    expect(views.map(({ outcome }) => outcome)).toEqual(["aborted", "aborted"]);
    expect(views[0]?.reason).toBe("INS5010 api of G2 was aborted by me");
    expect(await serving(1)).toBe(true);
  });

  it("removes what the file no longer has only when nothing goes back any more", async () => {
    await house.upToTheEnd({ ...services("v1", "v1"), old: { image: "shop/web:v1", ports: port(8082) } });
    const failed = await deploy(services("v2", "bad"), { prune: true });
    expect(failed["web"]?.outcome).toBe("rolled-back");
    expect(await house.serving("old")).toHaveLength(2);
    expect((await deploy(services("v2", "v3"), { prune: true }))["web"]?.outcome).toBe("succeeded");
    await house.until(async () => (await house.daemon.control.services("shop")).every(({ service }) => service !== "old"));
  });

  it("removes nothing once newer deployments have taken every member out, and says what stays", async () => {
    await house.upToTheEnd({ ...services("v1", "v1"), old: { image: "shop/web:v1", ports: port(8082) } });
    house.engine.control.behave("shop/web:v3", { readyAfterMs: null });
    const begun = await begin(services("v3", "v3", { readyTimeoutMs: 60_000 }), { prune: true });
    const newer = [];
    for (const service of ["web", "api"]) newer.push(await house.daemon.control.deploy({ stack: "shop", service }, "shop/web:v2", "me"));
    const views = await Promise.all([...begun, ...newer].map(({ id }) => house.ended(id)));
    expect(views.map(({ outcome }) => outcome)).toEqual(["superseded", "superseded", "succeeded", "succeeded"]);
    expect(await house.serving("old")).toHaveLength(2);
    const last = (await house.daemon.control.events({ stack: "shop" })).findLast(({ kind }) => kind === "group.superseded");
    expect(last?.message).toBe("G1 superseded; its --prune is not carried out: old stays until an up --prune succeeds");
  });

  it("is no group where one service alone changes, and leaves a first up undone as a whole", async () => {
    const { web } = await deploy(services("v1", "bad"));
    expect(web?.outcome).toBe("failed");
    expect(await house.serving("web")).toEqual([]);
    await deploy(services("v1", "v1"));
    const alone = await deploy(services("v2", "v1"));
    expect([alone["web"]?.outcome, alone["web"]?.group]).toEqual(["succeeded", undefined]);
  });
});
