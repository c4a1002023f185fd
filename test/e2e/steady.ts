import { expect } from "vitest";
import { instancesAmong } from "./containers.ts";
import type { Installation } from "./installation.ts";
import { until } from "./until.ts";

/**
 * Nothing moves and everything is as it should be, by Instar and by the engine: exactly these replicas serve this
 * image, every slot once, and besides kept evidence no other container of the service exists.
 */
export async function expectSteady(
  installation: Installation,
  service: string,
  wanted: { replicas: number; image: string },
): Promise<void> {
  await until(`${service} to come to rest`, async () => {
    const latest = await installation.latest(service);
    return latest.outcome !== "running" && latest.outcome !== "paused";
  });
  const [stack, name] = service.split("/");
  const views = (await installation.instances()).filter((one) => one.stack === stack && one.service === name);
  const serving = views.filter((one) => one.phase === "serving");
  expect(serving.map((one) => one.slot).sort(), `slots of ${service}`).toEqual(Array.from({ length: wanted.replicas }, (_, i) => i + 1));
  expect(new Set(serving.map((one) => one.image)), `images of ${service}`).toEqual(new Set([wanted.image]));
  expect(
    views.filter((one) => one.phase !== "serving" && one.phase !== "evidence").map((one) => `${one.name} ${one.phase}`),
    `leftovers of ${service}`,
  ).toEqual([]);
  const evidence = new Set(views.filter((one) => one.phase === "evidence").map((one) => one.name));
  const containers = instancesAmong(await installation.containers()).filter(
    (one) => one.service === name && one.name.startsWith(`${stack}-`),
  );
  const running = containers.filter((one) => one.state === "running").map((one) => one.name);
  expect(running.sort(), `containers of ${service}`).toEqual(serving.map((one) => one.name).sort());
  expect(
    containers.filter((one) => one.state !== "running" && !evidence.has(one.name)).map((one) => one.name),
    `orphans of ${service}`,
  ).toEqual([]);
}
