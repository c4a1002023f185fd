import { afterEach, beforeEach, expect, it } from "vitest";
import type { FakeContainer } from "../sim/fake-container.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

/** Every look is slower than the engine's restart: what has ended is found running again, in its second life or a later one. */
function lookLate(): void {
  const { engine } = house;
  const look = engine.instances;
  engine.instances = async (...how) => {
    const inBetween = (one: FakeContainer): boolean =>
      one.state === "restarting" || (one.lives === 1 && one.alive && one.blueprint.image.reference === "shop/web:bad");
    await house.until(async () => !engine.control.containers().some(inBetween));
    return look(...how);
  };
}

it("a version that ends, and is always running again when it is looked at, fails with the exit code and the words of its own end", async () => {
  await house.upToTheEnd({ web: {} });
  lookLate();
  const [ended] = await house.upToTheEnd({ web: { image: "shop/web:bad" } });
  expect(ended).toMatchObject({ outcome: "rolled-back", evidence: { exitCode: 3 } });
  expect(ended?.reason).toMatch(/ended by itself with exit code 3/);
  expect(ended?.evidence?.log).toContain("out of ideas");
  expect(await house.serving()).toEqual(["shop-web-r1-1-a1", "shop-web-r1-2-a1"]);
});

it("without its event nobody knows how it ended: the exit code of its stop is not told for it", async () => {
  await house.upToTheEnd({ web: {} });
  const { engine } = house;
  engine.control.behave("shop/web:bad", { endsAfterMs: 50, exitCode: 3, stopCode: 143, readyAfterMs: null });
  lookLate();
  engine.control.loseEvents(true);
  const [ended] = await house.upToTheEnd({ web: { image: "shop/web:bad" } });
  expect(ended?.outcome).toBe("rolled-back");
  expect(ended?.evidence).toMatchObject({ exitCode: null, reason: expect.stringContaining("exit code unknown") });
});
