import { describe, expect, it } from "vitest";
import { failedBefore, type Move, moveOf, outcomes } from "../../bench/peers/counting.ts";
import { rowOf } from "../../bench/peers/row.ts";
import { request } from "./races.ts";

const move = (kind: Move["kind"], begunAt: number, endedAt: number): Move => ({
  kind,
  begunAt,
  endedAt,
  memoryBefore: 100,
  memoryPeak: 160,
});
const moves = [move("deploy", 1000, 2000), move("rollback", 5000, 6000)];

describe("which deployment a request belongs to", () => {
  const cases: readonly [string, number, number, number | null][] = [
    ["it ended before any", 10, 999, null],
    ["it was under way when the first began", 900, 1100, 0],
    ["it outlasted the first", 1900, 4000, 0],
    ["it came after the first, before the second", 2500, 2600, 0],
    ["it was sent in the pause and cut by the second", 4500, 5100, 1],
    ["it met both: the first kept it waiting", 1500, 5500, 0],
    ["it came after the last", 9000, 9100, 1],
  ];
  it.each(cases)("%s", (_, sentAt, endedAt, expected) => {
    expect(moveOf({ sentAt, endedAt }, moves)).toBe(expected);
  });
});

describe("what the clients had of each deployment", () => {
  const requests = [
    request({ sentAt: 100, endedAt: 110, instance: "old" }),
    request({ sentAt: 200, endedAt: 210, instance: null, error: "status 503" }),
    request({ sentAt: 1100, endedAt: 1130, instance: "old" }),
    request({ sentAt: 1200, endedAt: 1500, instance: "new-1" }),
    request({ sentAt: 1210, endedAt: 3300, instance: "new-2", slow: true }),
    request({ sentAt: 1300, endedAt: 1301, method: "POST", instance: null, status: null, error: "ECONNRESET" }),
    request({ sentAt: 1300, endedAt: 1302, method: "POST", slow: true, instance: null, status: null, error: "ECONNRESET" }),
    request({ sentAt: 5100, endedAt: 5110, instance: "new-1" }),
    request({ sentAt: 5200, endedAt: 5260, instance: "newer-1" }),
  ];
  const [deploy, rollback] = outcomes(requests, moves, { replicas: 2, slowMs: 2000 });

  it("counts the failed ones by kind, of all that it touched", () => {
    expect(deploy).toMatchObject({ requests: 5, failed: 2, failedBy: { POST: 1, "2 s POST": 1 } });
    expect(rollback).toMatchObject({ requests: 2, failed: 0, failedBy: {}, examples: [] });
    expect(deploy?.examples).toEqual(["POST sent at 300 ms: ECONNRESET", "POST sent at 300 ms: ECONNRESET"]);
  });
  it("does not hold the two seconds that a slow request asks for against anybody", () => {
    expect(deploy?.slowestMs).toBe(300);
  });
  it("takes fresh instances for new, whatever their version", () => {
    expect(deploy).toMatchObject({ firstMs: 500, allMs: 2300 });
    expect(rollback).toMatchObject({ firstMs: 260, allMs: null });
  });
  it("has the time and the memory from the watcher", () => {
    expect(deploy).toMatchObject({ totalMs: 1000, extraMb: 60 });
  });
  it("keeps apart what failed before anything was deployed", () => {
    expect(failedBefore(requests, moves)).toBe(1);
  });
  it("adds up the counts of a row, takes the middle of times and the worst of the rest", () => {
    const one = { kind: "deploy", requests: 10, failed: 1, failedBy: { GET: 1 }, examples: ["a"], slowestMs: 5 } as const;
    const scenario = { shape: "three", manner: "rude", traffic: "quick" } as const;
    const all = [
      { ...one, totalMs: 100, firstMs: 10, allMs: 50, extraMb: 7 },
      { ...one, totalMs: 300, firstMs: 30, allMs: null, extraMb: 9 },
      { ...one, totalMs: 200, firstMs: 20, allMs: 60, extraMb: 8, failedBy: { POST: 1 }, slowestMs: 50 },
    ];
    const during = { floorMs: 90, at: "2026-11-26T04:00:00.000Z", busy: 0.1, lagMs: 3 };
    expect(rowOf("swarm", scenario, all, during)).toEqual({
      ...during,
      ...{ ...scenario, peer: "swarm", move: "deploy", deployments: 3, requests: 30, failed: 3, failedBy: { GET: 2, POST: 1 } },
      ...{ examples: ["a", "a", "a"], slowestMs: 50, totalMs: 200, firstMs: 20, allMs: null, extraMb: 9 },
    });
  });
});
