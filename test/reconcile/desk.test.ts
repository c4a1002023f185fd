import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CATALOGUE } from "../../src/errors.ts";
import { House, request } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const web = { stack: "shop", service: "web" };
const one = { replicas: 1 };

describe("what is asked for by name", () => {
  it("is told to be missing: a Compose project, a service's history", async () => {
    const { control } = house.daemon;
    await expect(control.project("legacy")).rejects.toMatchObject({ code: "INS2022", message: expect.stringContaining("legacy") });
    await expect(control.history(web)).rejects.toMatchObject({ code: "INS2002", message: "there is no service shop/web" });
  });

  it("is a service of any stack, unless two have one of that name", async () => {
    const { control } = house.daemon;
    await house.upToTheEnd({ web: one });
    expect(await control.find("web")).toEqual(web);
    const other = request({ web: { ...one, ports: [] } }, {});
    const networks = { default: { name: "lab_default", external: false, internal: false, labels: {} } };
    const { deployments } = await control.up({ ...other, spec: { ...other.spec, name: "lab", networks, volumes: {} } });
    await Promise.all(deployments.map(({ id }) => house.ended(id)));
    await expect(control.find("web")).rejects.toMatchObject({ code: "INS2003", message: expect.stringMatching(/^web is in .*lab/) });
    await expect(control.find("web")).rejects.toThrow("shop");
    expect(await control.find("lab/web")).toEqual({ stack: "lab", service: "web" });
  });
});

it("an abort of a deployment that goes back already changes nothing of it", async () => {
  await house.upToTheEnd({ web: one });
  house.engine.control.behave("shop/web:v2", { readyAfterMs: null });
  const { deployments } = await house.up({ web: { ...one, image: "shop/web:v2", readyTimeoutMs: 60_000 } });
  const id = deployments[0]?.id ?? "";
  await house.until(async () => (await house.engine.instances()).some(({ name, state }) => name.includes("-r2-") && state === "running"));
  const { stop } = house.engine;
  const { promise: slow, resolve: goOn } = Promise.withResolvers<void>();
  house.engine.stop = async (...how) => {
    await slow;
    return stop(...how);
  };
  await house.daemon.control.abort(id, "ann");
  expect(await house.daemon.control.abort(id, "bob")).toMatchObject({ endedAt: null, reason: "aborted by ann" });
  goOn();
  expect(await house.ended(id)).toMatchObject({ outcome: "aborted", reason: "aborted by ann" });
  expect(await house.serving()).toEqual(["shop-web-r1-1-a1"]);
  const back = (await house.daemon.control.events({ limit: 1000 })).filter(({ kind }) => kind === "deployment.going-back");
  expect(back).toHaveLength(1);
});

it("doctor tells what does not answer, with what to do about it, and still looks at the rest", async () => {
  await house.upToTheEnd({ web: one });
  const states = async () => Object.fromEntries((await house.daemon.control.doctor()).checks.map((check) => [check.name, check]));
  expect(await states()).toMatchObject({ engine: { state: "ok" }, "live-restore": { state: "ok" }, router: { state: "ok" } });
  house.engine.control.setDown(true);
  house.router.control.setDown(true);
  const { engine, router, store } = await states();
  expect(engine).toMatchObject({ state: "fail", hint: CATALOGUE.INS3001.hint });
  expect(router).toMatchObject({ state: "fail", hint: CATALOGUE.INS4002.hint });
  expect(store).toMatchObject({ state: "ok", message: "1 stacks" });
  house.engine.control.setDown(false);
  house.router.control.setDown(false);
});
