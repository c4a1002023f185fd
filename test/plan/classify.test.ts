import { describe, expect, it } from "vitest";
import { classify, leaving, proven, relapsed, serving } from "../../src/plan/classify.ts";
import { fresh } from "../../src/plan/fresh.ts";
import type { Desired, Movement, Observed } from "../../src/plan/types.ts";
import { NOW, ONE } from "./one.ts";

const READY = { state: "ready", sessions: 0 } as const;
const ready = (more: Partial<Observed> = {}): Observed => ({
  ...fresh({ name: "s-w-r2-1-a1", revision: 2, slot: 1, attempt: 1, generation: 3, instanceHash: "new" }, null),
  ...{ life: "running", createdAt: NOW - 5_000, startedAt: NOW - 5_000, readySince: NOW - 4_000, route: READY, ...more },
});
const WANTED: Desired = { ...ONE, generation: 3 };
const moving = (more: Partial<Movement> = {}): { movement: Movement } => ({
  movement: { id: "D2", startedAt: NOW - 9_000, progressAt: NOW, paused: false, direction: "forward", failures: [], ...more },
});
const BACK = moving({ direction: "back" });
const WITH_ENGINE = { life: "ended", endedWithEngine: true } as const;
const NO = { policy: "no", maxAttempts: 0 } as const;
const ON_FAILURE = { policy: "on-failure", maxAttempts: 3 } as const;
const quarantine = { until: NOW, because: "an exec" };

describe("what an instance is to the wanted state", () => {
  it.each<[string, Partial<Observed>, Partial<Desired>, string, string]>([
    ["what is wanted", {}, {}, "current", "it is what is wanted"],
    ["of a later generation too", { generation: 4 }, {}, "current", "it is what is wanted"],
    ["evidence, whatever else it is", { evidence: true, outside: true }, {}, "evidence", "kept as evidence of a failed deployment"],
    ["in quarantine once nobody is sent to it", { quarantine, route: null }, {}, "quarantined", "it is kept in quarantine"],
    ["on its way there while somebody is", { quarantine }, {}, "old", "it goes into quarantine: an exec"],
    ["or while something is done to it", { quarantine, route: null, busy: "unroute" }, {}, "old", "it goes into quarantine: an exec"],
    ["of a project that is being adopted", { outside: true }, {}, "old", "it belongs to the Compose project that is being adopted"],
    ["half built", { life: "created", built: false }, {}, "unbuilt", "its building was interrupted"],
    ["half built, and runs all the same", { built: false }, {}, "current", "it is what is wanted"],
    ["let go of, and stopped", { life: "ended", drainingSince: NOW - 1 }, {}, "old", "it was let go and has stopped"],
    ["let go of, and still running", { drainingSince: NOW - 1 }, {}, "current", "it is what is wanted"],
    ["ended with the engine, in a deployment", WITH_ENGINE, moving(), "old", "it ended with the engine"],
    ["on the way back", WITH_ENGINE, BACK, "old", "it ended with the engine"],
    ["ended with the engine, in none: it is a crash", WITH_ENGINE, {}, "current", "it is what is wanted"],
    ["and runs again", { endedWithEngine: true }, moving(), "current", "it is what is wanted"],
    ["where an exit is final", WITH_ENGINE, { ...moving(), restart: NO }, "current", "it is what is wanted"],
    [
      "where only a failure begins again",
      { ...WITH_ENGINE, exitCode: 137 },
      { ...moving(), restart: ON_FAILURE },
      "old",
      "it ended with the engine",
    ],
    ["and it ended with success", { ...WITH_ENGINE, exitCode: 0 }, { ...moving(), restart: ON_FAILURE }, "current", "it is what is wanted"],
    ["where none is wanted", {}, { replicas: 0 }, "old", "no instance is wanted"],
    ["beyond the number", { slot: 2 }, {}, "old", "its slot is no longer wanted"],
    ["of another content", { instanceHash: "old" }, {}, "old", "another revision is wanted"],
    ["of an earlier generation", { generation: 2 }, {}, "old", "a fresh instance is wanted"],
    ["drifted, in the deployment that replaces it", { heal: "an exec" }, moving(), "old", "an exec"],
    ["drifted, on the way back", { heal: "an exec" }, BACK, "current", "it is what is wanted"],
    ["drifted, and no deployment replaces it", { heal: "an exec" }, {}, "current", "it is what is wanted"],
    ["worn", { worn: true }, {}, "old", "it was restarted by the engine and is worn"],
    [
      "worn, and not ready again, where others may run beside it",
      { worn: true, readySince: null },
      {},
      "old",
      "it was restarted by the engine and is worn",
    ],
    ["worn, and not back yet", { worn: true, life: "ended" }, {}, "current", "it is what is wanted"],
    ["worn, and made by the running deployment: it failed", { worn: true }, moving(), "current", "it is what is wanted"],
    ["worn, and older than it", { worn: true, createdAt: NOW - 9_001 }, moving(), "old", "it was restarted by the engine and is worn"],
    ["worn and alone: it is let up first", { worn: true, readySince: null }, { exclusive: "service" }, "current", "it is what is wanted"],
    ["worn and alone, and up", { worn: true }, { exclusive: "service" }, "old", "it was restarted by the engine and is worn"],
    [
      "worn and alone, in a deployment",
      { worn: true, readySince: null, createdAt: NOW - 9_001 },
      { exclusive: "service", ...moving() },
      "old",
      "it was restarted by the engine and is worn",
    ],
    ["sick", { sick: true }, {}, "old", "its healthcheck reports it unhealthy"],
    ["sick, in a deployment: it failed", { sick: true }, moving(), "current", "it is what is wanted"],
  ])("%s", (_what, more, wanted, role, because) => {
    expect(classify(ready(more), { ...WANTED, ...wanted })).toEqual({ role, because });
  });

  it.each<[string, Partial<Observed>, Partial<Desired>, boolean]>([
    ["made by the running deployment, and started again by the engine", { worn: true }, moving(), true],
    ["at the very moment in which that began", { worn: true, createdAt: NOW - 9_000 }, moving(), true],
    ["before it", { worn: true, createdAt: NOW - 9_001 }, moving(), false],
    ["not started again", {}, moving(), false],
    ["not back yet", { worn: true, life: "ended" }, moving(), false],
    ["while it is made", { worn: true, createdAt: null }, moving(), false],
    ["in no deployment", { worn: true }, {}, false],
  ])("relapsed: %s", (_what, more, wanted, is) => {
    expect(relapsed(ready(more), { ...WANTED, ...wanted })).toBe(is);
  });
});

it.each<[string, Partial<Observed>, boolean]>([
  ["who takes requests", {}, false],
  ["who is drained", { drainingSince: NOW }, true],
  ["whom the router drains", { route: { state: "drain", sessions: 1 } }, true],
  ...(["drain", "cut", "stop", "remove", "fail"] as const).map((busy): [string, Partial<Observed>, boolean] => [busy, { busy }, true]),
  ["to whom something else is done", { busy: "route" }, false],
  ["who has ended", { life: "ended", drainingSince: NOW }, false],
  ["who is built", { life: "created", busy: "remove" }, false],
])("on the way out: %s", (_what, more, is) => {
  expect(leaving(ready(more))).toBe(is);
});

it.each<[string, Partial<Observed>, number, boolean]>([
  ["ready for as long as is asked", {}, 4_000, true],
  ["not for a millisecond more", {}, 4_001, false],
  ["not ready", { readySince: null }, 0, false],
  ["ended since", { life: "ended" }, 0, false],
  ["heard of until then", { answeredAt: NOW - 1_000 }, 3_000, true],
  ["not heard of until then", { answeredAt: NOW - 1_000 }, 3_001, false],
  ["heard of by a clock that was ahead", { answeredAt: NOW + 9_000 }, 4_001, false],
])("proven: %s", (_what, more, ms, is) => {
  expect(proven(ready(more), ms, NOW)).toBe(is);
});

it.each<[string, Partial<Observed>, boolean, boolean]>([
  ["in the router", {}, true, true],
  ["not in it", { route: null }, true, false],
  ["in it without taking requests", { route: { state: "maint", sessions: 0 } }, true, false],
  ["ready, where nobody routes to it", { route: null }, false, true],
  ["not ready there", { route: null, readySince: null }, false, false],
  ["ended", { life: "ended" }, true, false],
  ["on its way out", { drainingSince: NOW }, true, false],
  ["of a project that is being adopted", { outside: true, route: null, readySince: null }, true, true],
  ["of such a project, ended", { outside: true, life: "ended" }, true, false],
])("serves: %s", (_what, more, routed, is) => {
  expect(serving(ready(more), routed)).toBe(is);
});
