import { expect, it } from "vitest";
import { Recent } from "../../src/engine/docker/recent.ts";

it("forgets what nobody has asked for, and nothing else", () => {
  let now = 0;
  const recent = new Recent<string>(100, () => now);
  for (const key of ["asked", "set again", "left"]) recent.set(key, key);
  now = 90;
  expect(recent.get("asked")).toBe("asked");
  recent.set("set again", "anew");
  now = 150;
  recent.set("new", "new");
  expect([recent.size, recent.get("left"), recent.get("asked"), recent.get("set again")]).toEqual([3, undefined, "asked", "anew"]);
});

it("keeps no more of a long row of things that come and go than came in twice its time", () => {
  let now = 0;
  const recent = new Recent<number>(100, () => now);
  for (; now < 100_000; now++) recent.set(`${now}`, now);
  expect(recent.size).toBeLessThanOrEqual(201);
});
