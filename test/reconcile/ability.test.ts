import { afterAll, beforeAll, expect, test } from "vitest";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { House } from "./house.ts";

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

test("the engine's own platform is let in", async () => {
  const { deployments } = await house.up({ web: { image: "shop/web:v1", container: { platform: "linux/amd64" } } });
  expect((await house.ended(deployments[0]?.id ?? "")).outcome).toBe("succeeded");
});
