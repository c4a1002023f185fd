import { afterAll, beforeAll, expect, test } from "vitest";
import { refuseUnable } from "../../src/reconcile/ability.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import { upRequest } from "../conformance/up-request.ts";
import { House, stack } from "./house.ts";

/** The engine of the house has API 1.41 and runs linux/amd64. */
let house: House;
beforeAll(async () => {
  house = await House.build();
});
afterAll(() => house.wipe());

const mount = { kind: "bind", source: "/b", target: "/b", readOnly: false, createHostPath: true } as const;

test.each<[string, Partial<ServiceSpec>, string]>([
  ["another platform", { container: { platform: "linux/arm64" } }, "services.web: platform: linux/arm64, and the engine runs linux/amd64"],
  ["annotations", { container: { annotations: { a: "b" } } }, "annotations needs an engine with API 1.43; this one has 1.41"],
  ["a folder of a volume", { mounts: [{ ...mount, subpath: "in" }] }, "volume.subpath of a mount needs an engine with API 1.45"],
])("%s is refused before anything is changed", async (_name, spec, message) => {
  const asked = house.up({ web: { image: "shop/web:v1", ...spec } });
  await expect(asked).rejects.toMatchObject({ code: "INS1006", message: expect.stringContaining(message) });
  expect(await house.daemon.control.services()).toEqual([]);
});

test("what a job says is refused too, and its limits are named", async () => {
  const spec = (given: Partial<ServiceSpec>) => serviceSpec({ networks: { default: { aliases: [] } }, ...given });
  const withJob = (given: Partial<ServiceSpec>) => ({
    web: { image: "shop/web:v1", jobs: { before: { service: "migrate", timeoutMs: 60_000, image: "own" as const, spec: spec(given) } } },
  });
  await expect(house.up(withJob({ image: "shop/web:v1", mounts: [{ ...mount, subpath: "in" }] }))).rejects.toMatchObject({
    ...{ code: "INS1006", message: expect.stringContaining("services.migrate: volume.subpath of a mount needs an engine") },
  });
  const { notices } = await house.daemon.control.plan(
    upRequest(stack(withJob({ image: "shop/web:v1", container: { memorySwappiness: 5 } }))),
  );
  expect(notices.map(({ message }) => message)).toEqual([
    expect.stringContaining("services.migrate: the engine's kernel cannot limit swappiness"),
  ]);
});

test("annotations and a folder of a volume are let in by an engine that is new enough", async () => {
  const { ping } = house.engine;
  const asked = upRequest(stack({ web: { container: { annotations: { a: "b" } }, mounts: [{ ...mount, subpath: "in" }] } }));
  const refusal = async (apiVersion: string): Promise<string | null> =>
    refuseUnable({ ...house.engine, ping: async () => ({ ...(await ping()), apiVersion }) }, asked.spec).then(
      () => null,
      (cause: unknown) => String(cause),
    );
  expect(await refusal("1.45")).toBeNull();
  expect(await refusal("1.100")).toBeNull();
  expect(await refusal("1.44")).toContain("volume.subpath of a mount needs an engine with API 1.45; this one has 1.44");
  expect(await refusal("1.42")).toContain("annotations needs an engine with API 1.43; this one has 1.42");
});

test("a start interval that the engine would drop is told", async () => {
  const healthcheck = { disable: false, test: ["CMD", "true"], intervalMs: 120_000, timeoutMs: 1000, retries: 3, startPeriodMs: 1000 };
  const told = async (startIntervalMs: number | null) =>
    (await house.daemon.control.plan(upRequest(stack({ web: { healthcheck: { ...healthcheck, startIntervalMs } } })))).notices;
  expect((await told(1000)).map(({ message }) => message)).toEqual([
    "services.web: healthcheck.start_interval needs an engine with API 1.44; this one has 1.41: the first check comes after interval",
  ]);
  expect(await told(null)).toEqual([]);
});

test("the engine's own platform is let in", async () => {
  const { deployments } = await house.up({ web: { image: "shop/web:v1", container: { platform: "linux/amd64" } } });
  expect((await house.ended(deployments[0]?.id ?? "")).outcome).toBe("succeeded");
});

test("a limit that the engine's kernel has not is named in plan and up; the others are not", async () => {
  const services = { web: { image: "shop/web:v1", container: { memorySwappiness: 5, cpuShares: 5 } } };
  const said = (notices: readonly { code: string; message: string }[]) =>
    notices.filter(({ code }) => code === "dropped-limit").map(({ message }) => message);
  const expected = ["services.web: the engine's kernel cannot limit swappiness: instances run without that limit"];
  const request = upRequest(stack(services));
  expect(said((await house.daemon.control.plan(request)).notices)).toEqual(expected);
  const { notices, deployments } = await house.up(services);
  expect(said(notices)).toEqual(expected);
  await house.ended(deployments[0]?.id ?? "");
  expect(said((await house.up({ web: { image: "shop/web:v1" } })).notices)).toEqual([]);
});
