import { afterEach, beforeEach, expect, it } from "vitest";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

it("an instance of which the engine tells no more than its list is left alone until it does", async () => {
  await house.upToTheEnd({ web: { replicas: 1 } });
  const [old] = await house.serving();
  const { instances } = house.engine;
  house.engine.instances = async (of, roughly) =>
    (await instances(of, roughly)).map((i) =>
      i.name === old ? { ...i, withheld: true, startedAt: null, finishedAt: null, exitCode: null, restartCount: 0 } : i,
    );
  const { id } = await house.daemon.control.deploy({ stack: "shop", service: "web" }, "shop/web:v2", "me");
  await house.until(async () => (await house.daemon.control.deployment(id)).steps.some((step) => step.do === "route"));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { steps, endedAt } = await house.daemon.control.deployment(id);
  expect([steps.filter(({ instance }) => instance === old), endedAt]).toEqual([[], null]);
  house.engine.instances = instances;
  expect(await house.ended(id)).toMatchObject({ outcome: "succeeded" });
});
