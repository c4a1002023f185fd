import { expect, it } from "vitest";
import { Lanes } from "../../src/reconcile/lanes.ts";

it("of what merges only the last that waits is done; all get its result; what does not merge is done each time, in order", async () => {
  const lanes = new Lanes<string>();
  const did: string[] = [];
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const work = (name: string) => async () => {
    if (name === "a1") await gate;
    did.push(name);
    return name;
  };
  const all = [
    lanes.enter("web", "a", true, work("a1")),
    lanes.enter("web", "a", true, work("a2")),
    lanes.enter("web", "a", true, work("a3")),
    lanes.enter("web", "b", true, work("b1")),
    lanes.enter("web", "a", true, work("a4")),
    lanes.enter("web", "c", false, work("c1")),
    lanes.enter("web", "c", false, work("c2")),
    lanes.enter("api", "a", true, work("other lane")),
  ];
  await all[7];
  expect(did).toEqual(["other lane"]);
  open();
  expect(await Promise.all(all)).toEqual(["a1", "a3", "a3", "b1", "a4", "c1", "c2", "other lane"]);
  expect(did).toEqual(["other lane", "a1", "a3", "b1", "a4", "c1", "c2"]);
});

it("a failure is its own, and the lane goes on", async () => {
  const lanes = new Lanes<string>();
  const broken = lanes.enter("web", "a", false, async () => {
    throw new Error("no");
  });
  const next = lanes.enter("web", "a", false, async () => "yes");
  await expect(broken).rejects.toThrow("no");
  expect(await next).toBe("yes");
  await lanes.idle();
});
