import { describe, expect, it } from "vitest";
import type { InstanceView, Phase } from "../../src/reconcile/control.ts";
import { rude } from "../apps/images.ts";
import type { Container } from "../e2e/containers.ts";
import { fileOf, fleetOf, unequal } from "./fleet.ts";

const [web] = fleetOf(1, [20_001]);
if (web === undefined) throw new Error("no member");

const view = (slot: number, phase: Phase = "serving", image = rude("v1")): InstanceView => ({
  ...{
    id: `id${slot}${phase}`,
    name: `soak1-two1-r1-${slot}-a1`,
    stack: "soak1",
    service: "two1",
    revision: 1,
    slot,
    image,
    digest: "sha256:0",
  },
  ...{ phase, weight: 100, drift: "none", address: "10.0.0.2", createdAt: 0 },
});
const container = (slot: number, state = "running", environment = ["EDITION=1"]): Container => ({
  ...{ id: `c${slot}`, name: `soak1-two1-r1-${slot}-a1`, state, image: "sha256:0", service: "two1", revision: 1, slot, pid: 1 },
  ...{ startedAt: "", environment },
});

describe("what should be, and what is", () => {
  it("equal: every slot serves the image, and the engine has exactly these", () => {
    expect(unequal(web, [view(1), view(2)], [container(1), container(2)])).toEqual([]);
  });

  it("evidence is kept, stopped", () => {
    const kept = { ...view(1, "evidence", rude("crash")), name: "soak1-two1-r2-1-a1" };
    const stopped = { ...container(1, "exited"), name: "soak1-two1-r2-1-a1" };
    expect(unequal(web, [view(1), view(2), kept], [container(1), container(2), stopped])).toEqual([]);
  });

  it.each([
    ["a slot is empty", [view(1)], [container(1)], /slots 1 serve, 1 to 2 should/],
    ["another image", [view(1), view(2, "serving", rude("v2"))], [container(1), container(2)], /rude:v2, not/],
    ["one drains", [view(1), view(2), { ...view(1, "draining"), name: "soak1-two1-r0-1-a1" }], [container(1), container(2)], /is draining/],
    ["an unknown container", [view(1), view(2)], [container(1), container(2), { ...container(3, "exited") }], /does not show/],
    ["one has ended", [view(1), view(2)], [container(1), container(2, "exited")], /is serving, and its container exited/],
    ["another environment", [view(1), view(2)], [container(1), container(2, "running", ["EDITION=2"])], /another environment/],
  ])("%s", (_what, views, containers, said) => {
    expect(unequal(web, views, containers).join()).toMatch(said);
  });

  it("five services to a stack, of every kind", () => {
    const fleet = fleetOf(7, [1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(fleet.slice(0, 5).map(({ kind }) => kind)).size).toBe(5);
    expect(Object.keys((fileOf(fleet, "soak2") as { services: object }).services)).toEqual(["two6", "single7"]);
  });
});
