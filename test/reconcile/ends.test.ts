import { describe, expect, it } from "vitest";
import { Ends } from "../../src/reconcile/ends.ts";
import type { EngineEvent, EngineInstance } from "../../src/reconcile/ports.ts";

const event = (action: string, at: number, exitCode: number | null): EngineEvent => ({
  ...{ at, action, kind: "container", id: "c1", name: "shop-web-r1-1-a1", labels: {}, exitCode },
});
const seen = (startedAt: number): EngineInstance => ({
  ...{ name: "shop-web-r1-1-a1", stack: "shop", service: "web", revision: 1, slot: 1, attempt: 1, generation: 0, instanceHash: "h" },
  ...{ id: "c1", state: "running", built: true, addresses: {}, image: "", createdAt: 0, startedAt, finishedAt: null, exitCode: null },
  ...{ oomKilled: false, restartCount: 0, health: "none", healthDetail: null },
});

describe("how an instance ended", () => {
  it("is known from its event until it is gone, through the life that follows", () => {
    const ends = new Ends();
    expect(ends.codeOf("c1")).toBeNull();
    ends.heard(event("die", 50, 3));
    ends.heard(event("start", 60, null));
    expect(ends.codeOf("c1")).toBe(3);
    ends.heard(event("destroy", 70, null));
    expect(ends.codeOf("c1")).toBeNull();
  });

  it("overrules a look from before it, and none from after", () => {
    const ends = new Ends();
    expect(ends.isOver(seen(10))).toBe(false);
    ends.heard(event("die", 50, 137));
    expect(ends.isOver(seen(10))).toBe(true);
    expect(ends.isOver({ ...seen(10), state: "exited" })).toBe(false);
    expect(ends.isOver(seen(60))).toBe(false);
  });
});
