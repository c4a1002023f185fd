import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Held, keptRevisions, planPruning, type Releases } from "../../src/plan/keeping.ts";

const releases = (more: Partial<Releases>): Releases => ({
  ...{ keep: 2, removed: false, target: 5, stable: 5, inUse: [], revisions: [5, 4, 3, 2, 1], succeeded: new Set([1, 2, 4, 5]) },
  ...more,
});

describe("revisions that can be gone back to", () => {
  it.each<[string, Partial<Releases>, number[]]>([
    ["the newest two that served", {}, [4, 5]],
    ["a failed one in between does not count", { keep: 3 }, [2, 4, 5]],
    ["the newest, in whatever order they are told", { revisions: [1, 2, 3, 4, 5] }, [4, 5]],
    ["what is wanted, though old", { target: 1, stable: 1 }, [1, 4, 5]],
    ["what was good last, while another one is on its way", { target: 3, stable: 2 }, [2, 3, 4, 5]],
    ["what still runs", { inUse: [3] }, [3, 4, 5]],
    ["keep 0: only what is wanted", { keep: 0 }, [5]],
    ["a service that is gone: only what it was", { removed: true, stable: null }, [5]],
    ["a first deployment on its way", { target: 1, stable: null, revisions: [1], succeeded: new Set() }, [1]],
  ])("%s", (_what, more, expected) => {
    expect([...keptRevisions(releases(more))].sort()).toEqual(expected);
  });
});

describe("pruning", () => {
  const held = (name: string, digests: string[], kept: boolean): Held => ({ names: [name], digests, kept });
  it("leaves an image that a kept revision knows by another name or digest", () => {
    const table = [held("a:1", ["x", "y"], false), held("b:1", ["y", "z"], true)];
    expect(planPruning(table, new Set(["a:1", "b:1"]), ["x", "y"])).toEqual({ names: [], saved: [] });
  });

  it("leaves what Instar did not bring here, and what is in no row", () => {
    const table = [held("a:1", ["x"], false), held("b:1", ["y"], false)];
    expect(planPruning(table, new Set(["a:1", "c:1"]), ["y", "z"])).toEqual({ names: [{ name: "a:1", digests: ["x"] }], saved: ["y"] });
  });

  it("never touches a digest of a kept revision, whatever the table is", () => {
    const digest: fc.Arbitrary<string> = fc.constantFrom("a", "b", "c", "d", "e");
    const row = fc.record({
      names: fc.array(digest, { minLength: 1, maxLength: 2 }),
      digests: fc.array(digest, { minLength: 1 }),
      kept: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(row), fc.uniqueArray(digest), fc.uniqueArray(digest), (table, ours, saved) => {
        const plan = planPruning(table, new Set(ours), saved);
        const needed = new Set(table.filter(({ kept }) => kept).flatMap(({ digests }) => digests));
        for (const { name, digests } of plan.names) {
          expect(ours).toContain(name);
          expect(digests.some((one) => needed.has(one))).toBe(false);
        }
        expect(plan.saved.some((one) => needed.has(one))).toBe(false);
      }),
    );
  });
});
