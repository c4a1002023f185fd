import { expect, it } from "vitest";
import { Lanes } from "../../src/reconcile/lanes.ts";

it("of what is for the same only the last that waits is done; all get its result; what is for itself is done each time, in order", async () => {
  const lanes = new Lanes<string>();
  const did: string[] = [];
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const work = (name: string) => async (alone: boolean) => {
    if (name === "a1") await gate;
    did.push(alone ? name : `${name} for all`);
    return name;
  };
  const all = [
    lanes.enter("web", "a", "push", work("a1")),
    lanes.enter("web", "a", "push", work("a2")),
    lanes.enter("web", "a", "push", work("a3")),
    lanes.enter("web", "b", "push", work("b1")),
    lanes.enter("web", "a", "push", work("a4")),
    lanes.enter("web", "a", "another push", work("a5")),
    lanes.enter("web", "c", null, work("c1")),
    lanes.enter("web", "c", null, work("c2")),
    lanes.enter("api", "a", "push", work("other lane")),
  ];
  await all[8];
  expect(did).toEqual(["other lane"]);
  open();
  expect(await Promise.all(all)).toEqual(["a1", "a3", "a3", "b1", "a4", "a5", "c1", "c2", "other lane"]);
  expect(did).toEqual(["other lane", "a1", "a3 for all", "b1", "a4", "a5", "c1", "c2"]);
});

it("a failure is its own, and the lane goes on", async () => {
  const lanes = new Lanes<string>();
  const broken = lanes.enter("web", "a", null, async () => {
    throw new Error("no");
  });
  const next = lanes.enter("web", "a", null, async () => "yes");
  await expect(broken).rejects.toThrow("no");
  expect(await next).toBe("yes");
  await lanes.idle();
});
