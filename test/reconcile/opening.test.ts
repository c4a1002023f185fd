import { afterEach, beforeEach, expect, it } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

it("a daemon begins although the router refuses its table, says so, and tries again", async () => {
  await house.upToTheEnd({ web: { replicas: 1 } });
  await house.close();
  await house.router.stop();
  house.router.control.failNext("apply", new InstarError("INS4003", "HAProxy refuses the configuration"));
  house.longestWaitMs = 20;
  await house.open();
  expect(house.reports).toEqual([expect.stringContaining("router: InstarError: HAProxy refuses the configuration")]);
  await house.until(async () => house.router.control.table().listeners.length === 1);
});
