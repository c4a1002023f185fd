import { describe, expect, it } from "vitest";
import { type Cell, expected, FAULTS, STEPS, STRATEGIES } from "./cells.ts";
import { judge } from "./judge.ts";
import { NOTHING_LOST, QUIET } from "./quiet.ts";
import type { Losses, Seen, Standing } from "./seen.ts";

const cell = (of: Partial<Cell> = {}): Cell => ({ strategy: "rolling", fault: "daemon", when: "after", step: "route", ...of });
const seen = (of: Partial<Omit<Seen, "losses">> & { losses?: Partial<Losses> } = {}): Seen => ({
  ...QUIET,
  ...of,
  losses: { ...NOTHING_LOST, ...of.losses },
});
const broken = (of: Partial<Cell>, what: Parameters<typeof seen>[0]): readonly string[] => {
  const { verdict, findings } = judge(cell(of), seen(what));
  expect(verdict, findings.join()).toBe("broken");
  return findings;
};
const held = (of: Partial<Cell>, what: Parameters<typeof seen>[0]): void =>
  expect(judge(cell(of), seen(what))).toEqual({ verdict: "held", findings: [] });

describe("what is expected of a cell", () => {
  it("is written for every strategy, step and fault", () => {
    for (const strategy of STRATEGIES)
      for (const fault of FAULTS)
        for (const step of STEPS[strategy]) {
          const { law, ends } = expected(cell({ strategy, fault, step }));
          expect([law.length > 0, ends.length > 0], `${strategy} ${fault} ${step}`).toEqual([true, true]);
        }
  });

  it("a new instance that nothing is routed to can lose nothing", () => {
    expect(expected(cell({ fault: "new-instance", step: "start" })).lost).toBe("none");
    expect(expected(cell({ fault: "new-instance", step: "route", when: "before" })).lost).toBe("none");
    expect(expected(cell({ fault: "new-instance", step: "route" })).lost).toBe("posts in flight");
    expect(expected(cell({ strategy: "blue-green", fault: "new-instance", step: "stage" })).lost).toBe("none");
    expect(expected(cell({ strategy: "canary", fault: "new-instance", step: "weigh" })).lost).toBe("posts in flight");
    expect(expected(cell({ strategy: "stop-first", fault: "new-instance", step: "route" })).lost).toBe("in flight");
  });
});

const unproven = (of: Partial<Cell>, what: Parameters<typeof seen>[0]): readonly string[] => {
  const { verdict, findings } = judge(cell(of), seen(what));
  expect(verdict, findings.join()).toBe("unproven");
  return findings;
};

describe("a cell is broken", () => {
  it("by one lost request where none may be", () => {
    expect(broken({}, { losses: { posts: 1 } })).toEqual(["1 lost"]);
    held({}, {});
  });

  it("by a lost GET where one of several died, or by what was sent after the death was known", () => {
    const of = { fault: "old-instance" } as const;
    held(of, { losses: { posts: 2, lastSent: 10 } });
    expect(broken(of, { losses: { gets: 1 } })).toEqual(["1 GETs lost"]);
    expect(broken(of, { losses: { posts: 1, lastSent: 160 } })).toHaveLength(1);
  });

  it("by a request that was not held where the only one died", () => {
    const of = { strategy: "stop-first", fault: "old-instance", step: "create" } as const;
    held(of, { losses: { gets: 1, posts: 1, lastSent: 10 } });
    expect(broken(of, { losses: { gets: 1, lastSent: 160 } })).toHaveLength(1);
  });

  it("by a request that was sent after HAProxy listened again, or by a gap that the machine had time for", () => {
    const of = { fault: "haproxy" } as const;
    const away = { backMs: 700, lateMs: 20 };
    held(of, { away, losses: { gets: 40, posts: 20, gap: 690, lastSent: 690 } });
    expect(broken(of, { away, losses: { gets: 1, lastSent: 860 } })).toEqual([
      "one sent 860 ms after the kill was lost, and HAProxy listened from 700 ms on",
    ]);
    expect(broken(of, { away, losses: { gets: 1, wrong: 1, lastSent: 10 } })).toHaveLength(1);
    expect(broken(of, { away: { backMs: 1400, lateMs: 20 }, losses: { gets: 9, lastSent: 1390 } })).toEqual([
      "nobody listened for 1400 ms",
    ]);
  });

  it("by an answer of another service, or a loss after the end, even where everything stood still", () => {
    const of = { fault: "dockerd-cold" } as const;
    const outage = { told: true, againMs: 6100 };
    held(of, { outage, losses: { gets: 99, posts: 50, gap: 6000, lastSent: 6000 } });
    expect(broken(of, { outage, losses: { gets: 1, wrong: 1 } })).toHaveLength(1);
    expect(broken(of, { outage, losses: { gets: 1, elsewhen: 1 } })).toHaveLength(1);
  });

  it("by an outage of the engine that is not told, that never ends, or after whose end something is lost", () => {
    const of = { fault: "dockerd-cold" } as const;
    expect(broken(of, { outage: { told: false, againMs: 6100 } })).toEqual(["the engine's outage was not told"]);
    expect(broken({ fault: "dockerd" }, { outage: { told: false, againMs: null } })).toHaveLength(1);
    held({ fault: "dockerd" }, { outage: { told: true, againMs: null } });
    expect(broken(of, { outage: { told: true, againMs: null } })).toHaveLength(1);
    expect(broken(of, { outage: { told: true, againMs: 6100 }, losses: { gets: 1, lastSent: 6260 } })).toEqual([
      "one sent 6260 ms after the kill was lost, and all answered again from 6100 ms on",
    ]);
  });

  it("by its end, by what is left, by a twin, by a job that ran twice or not at all", () => {
    expect(broken({}, { outcome: "rolled-back", reason: "why" })).toEqual(["it ended as rolled-back: why"]);
    held({ fault: "new-instance" }, { outcome: "rolled-back", reason: "why" });
    expect(broken({ fault: "new-instance" }, { outcome: "running" })).toHaveLength(1);
    expect(broken({}, { unrest: ["one is left"] })).toEqual(["one is left"]);
    expect(broken({}, { created: ["web-1", "web-2", "web-3"] })).toHaveLength(1);
    expect(broken({}, { jobs: [{ job: "before", ran: 2 }] })).toEqual(["the job before ran 2 times"]);
    expect(broken({}, { jobs: [{ job: "after", ran: 0 }] })).toEqual(["the job after ran 0 times"]);
    held({ fault: "new-instance" }, { outcome: "rolled-back", jobs: [{ job: "after", ran: 0 }] });
    const without = { outcome: "rolled-back", jobs: [{ job: "before", ran: 0 }] } as const;
    expect(broken({ fault: "new-instance" }, without)).toEqual(["the job before ran 0 times"]);
    const cold = { outage: { told: true, againMs: 900 }, outcome: "rolled-back", reason: "why" } as const;
    expect(broken({ fault: "dockerd-cold" }, cold)).toEqual(["it ended as rolled-back: why"]);
  });

  it("by whoever is answered before the promotion", () => {
    const promoted = true;
    expect(broken({ strategy: "blue-green" }, { unapproved: { of: 200, answered: 1, promoted } })).toHaveLength(1);
    held({ strategy: "blue-green" }, { unapproved: { of: 200, answered: 0, promoted } });
    held({ strategy: "canary" }, { unapproved: { of: 200, answered: 50, promoted } });
    expect(broken({ strategy: "canary" }, { unapproved: { of: 200, answered: 100, promoted } })).toHaveLength(1);
  });

  it("by a share that chance does not explain: the more requests, the closer", () => {
    const promoted = true;
    // 25 % of 100 is 25, and four times the deviation 17.3; of 10,000 it is 2,500 and 173.
    held({ strategy: "canary" }, { unapproved: { of: 100, answered: 42, promoted } });
    expect(broken({ strategy: "canary" }, { unapproved: { of: 100, answered: 43, promoted } })).toHaveLength(1);
    held({ strategy: "canary" }, { unapproved: { of: 10_000, answered: 2_673, promoted } });
    expect(broken({ strategy: "canary" }, { unapproved: { of: 10_000, answered: 2_674, promoted } })).toHaveLength(1);
  });

  it("by a success that nobody approved", () => {
    const unapproved = { of: 0, answered: 0, promoted: false };
    for (const strategy of ["blue-green", "canary"] as const) {
      expect(broken({ strategy }, { unapproved })).toEqual(["it succeeded though nobody had promoted it"]);
      held({ strategy, fault: "new-instance" }, { unapproved, outcome: "rolled-back" });
    }
  });

  it("by other weights or another step after the daemon's death, unless it has gone on", () => {
    const before: Standing = { steps: 5, weights: ["a=192", "b=64"], course: "step 0" };
    const moved: Standing = { ...before, weights: ["a=128", "b=128"], course: "step 1" };
    held({}, { resumed: { before, dead: before, after: before } });
    held({}, { resumed: { before, dead: before, after: { ...moved, steps: 6 } } });
    expect(broken({}, { resumed: { before, dead: moved, after: before } })).toHaveLength(1);
    expect(broken({}, { resumed: { before, dead: before, after: moved } })).toHaveLength(2);
  });
});

it("a gap over a second is late where the machine had no time, and nothing else", () => {
  const away = { backMs: 1400, lateMs: 900 };
  expect(judge(cell({ fault: "haproxy" }), seen({ away, losses: { gets: 20, lastSent: 1390 } })).verdict).toBe("late");
  expect(broken({ fault: "haproxy" }, { away, losses: { gets: 20, lastSent: 1600 } })).toHaveLength(1);
});

describe("a cell is unproven", () => {
  it("where nobody recorded when HAProxy listened again", () => {
    expect(unproven({ fault: "haproxy" }, { losses: { gets: 20, gap: 400 } })).toHaveLength(1);
  });

  it("where the disk was full or the store read-only, and the daemon was refused no write", () => {
    for (const fault of ["disk-full", "read-only"] as const) {
      expect(unproven({ fault }, { refused: false })).toEqual(["not struck: the daemon was refused no write"]);
      expect(unproven({ fault }, { refused: null })).toHaveLength(1);
      held({ fault }, { refused: true });
      expect(broken({ fault }, { refused: false, losses: { gets: 1 } })).toEqual(["1 lost"]);
    }
  });

  it("where nobody recorded whether the engine's outage was told", () => {
    expect(unproven({ fault: "dockerd-cold" }, { losses: { gets: 99, lastSent: 6000 } })).toHaveLength(1);
  });

  it("where hardly anybody came while canary had its share, or where that was not recorded", () => {
    expect(unproven({ strategy: "canary" }, { unapproved: { of: 39, answered: 5, promoted: true } })).toHaveLength(1);
    expect(unproven({ strategy: "canary" }, { unapproved: { of: 400, answered: 20, promoted: null } })).toHaveLength(1);
  });
});
