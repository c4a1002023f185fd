import { beforeEach, describe, expect, it } from "vitest";
import type { Check } from "../../src/plan/choose.ts";
import type { EngineInstance } from "../../src/reconcile/ports.ts";
import { Readiness } from "../../src/reconcile/readiness.ts";
import { settle, type VirtualClock, virtualClock } from "../sim/virtual-clock.ts";

const CHECK: Check = { kind: "http", path: "/healthz", port: 8080 };
const INSTANCE = { id: "aa", startedAt: 1_000_000, health: "none", healthDetail: null } as EngineInstance;

let clock: VirtualClock;
let answer: string | null;
let sent: number[];
let changes: number;
let readiness: Readiness;
const look = (steadyMs: number) => readiness.look(INSTANCE, CHECK, "127.0.0.1", steadyMs);

beforeEach(() => {
  clock = virtualClock(1_000_000);
  [answer, sent, changes] = [null, [], 0];
  const probe = async (): Promise<string | null> => {
    sent.push(clock.now() - 1_000_000);
    return answer;
  };
  readiness = new Readiness({ probe }, clock, () => {
    changes++;
  });
});

it("asks until it answers, and then no more where it need not stay ready", async () => {
  answer = "refused";
  look(0);
  await clock.advance(60);
  expect(sent).toEqual([0, 25, 50]);
  answer = null;
  await clock.advance(60);
  expect(look(0)).toMatchObject({ readySince: 1_000_075, answeredAt: 1_000_075, detail: null });
  await clock.advance(10_000);
  expect(sent).toEqual([0, 25, 50, 75]);
  expect(changes).toBe(1);
});

it("knows within a tenth of the time it took, and asks four times a second at least", async () => {
  answer = "refused";
  look(0);
  await clock.advance(5_000);
  for (const [n, at] of sent.entries()) expect((sent[n + 1] ?? at) - at).toBeLessThanOrEqual(Math.min(250, Math.max(25, at / 10)) + 1);
  expect(sent.length).toBeLessThan(70);
});

it("asks once more at the end of the time for which it has to stay ready", async () => {
  look(600);
  await clock.advance(599);
  expect(look(600)).toMatchObject({ readySince: 1_000_000, answeredAt: 1_000_000 });
  await clock.advance(1);
  expect(look(600)).toMatchObject({ readySince: 1_000_000, answeredAt: 1_000_600 });
  await clock.advance(10_000);
  expect(sent).toEqual([0, 600]);
  expect(changes).toBe(2);
});

it("one that no longer answers then is not ready, has all its time to become so again, and its proof begins anew", async () => {
  look(600);
  await clock.advance(500);
  answer = "refused";
  await clock.advance(100);
  expect(look(600)).toEqual(expect.objectContaining({ readySince: null, probedSince: 1_000_600, detail: "refused" }));
  expect(look(600)).not.toHaveProperty("answeredAt");
  expect(changes, "ready, and no longer").toBe(2);
  answer = null;
  await clock.advance(25);
  expect(look(600)).toMatchObject({ readySince: 1_000_625 });
  await clock.advance(600);
  expect(look(600)).toMatchObject({ readySince: 1_000_625, answeredAt: 1_001_225 });
  expect(sent).toEqual([0, 600, 625, 1225]);
});

it("asks again where it has to stay ready for longer than was asked first, each time once", async () => {
  look(0);
  await clock.advance(100);
  look(600);
  look(600);
  await clock.advance(100);
  look(1000);
  await clock.advance(400);
  expect(sent).toEqual([0, 600]);
  await clock.advance(10_000);
  expect(sent).toEqual([0, 600, 1000]);
});

it("a clock that is set moves what was seen", async () => {
  look(600);
  await settle();
  await clock.advance(0);
  readiness.shift(3_600_000);
  expect(look(600)).toMatchObject({ readySince: 4_600_000, answeredAt: 4_600_000, probedSince: 4_600_000 });
});

describe("the engine's own healthcheck", () => {
  const HEALTHCHECK: Check = { kind: "healthcheck" };
  const seen = (health: EngineInstance["health"], more: Partial<EngineInstance> = {}) =>
    readiness.look({ ...INSTANCE, health, ...more }, HEALTHCHECK, "127.0.0.1", 600);

  it("is what counts, from when it was first seen healthy, and nothing is probed", async () => {
    expect(seen("starting", { healthDetail: "connecting" })).toMatchObject({
      ...{ readySince: null, probedSince: 1_000_000, detail: "connecting" },
    });
    await clock.advance(100);
    expect(seen("healthy")).toMatchObject({ readySince: 1_000_100, probedSince: 1_000_000, detail: null });
    await clock.advance(100);
    expect(seen("healthy")).toMatchObject({ readySince: 1_000_100, probedSince: 1_000_000 });
    expect(seen("unhealthy")).toMatchObject({ readySince: null, probedSince: 1_000_000 });
    await clock.advance(100);
    expect(seen("healthy")).toMatchObject({ readySince: 1_000_300 });
    expect([sent, changes]).toEqual([[], 0]);
  });

  it("of an image without one says nothing: it is ready", () => {
    expect(seen("none")).toMatchObject({ readySince: 1_000_000 });
  });

  it("counts anew for each start, also one that began meanwhile", async () => {
    seen("healthy");
    await clock.advance(100);
    const again = { startedAt: 1_000_050 };
    expect(seen("starting", again)).toMatchObject({ readySince: null, probedSince: 1_000_100 });
    await clock.advance(100);
    expect(seen("healthy", again)).toMatchObject({ readySince: 1_000_200 });
    // Of a start that is over nothing is kept.
    expect(readiness.hasAnswered("aa 1000000")).toBe(false);
    readiness.forget("aa");
    await clock.advance(100);
    expect(seen("healthy", again)).toMatchObject({ readySince: 1_000_300, probedSince: 1_000_300 });
  });

  it("is asked for beside another check as well", () => {
    const unanswered = (health: EngineInstance["health"]) =>
      readiness.unanswered({ ...INSTANCE, health, healthDetail: "no route" }, [HEALTHCHECK], "127.0.0.1");
    expect(unanswered("starting")).toEqual({ since: 1_000_000, words: "its healthcheck: no route" });
    expect(unanswered("healthy")).toBeNull();
  });
});

describe("a check that is wanted after another one", () => {
  const OTHER: Check = { kind: "tcp", port: 9090 };
  const now = (check: Check) => readiness.look(INSTANCE, check, "127.0.0.1", 0);
  const beside = (instance: EngineInstance) => readiness.unanswered(instance, [OTHER], "127.0.0.1");

  it.each([
    ["that this one did not answer", INSTANCE, "refused", null],
    ["that only another instance was asked beside", { ...INSTANCE, id: "bb" }, null, null],
    ["that it answered beside", INSTANCE, null, 1_000_000],
  ])("%s", async (_case, asked, besideAnswer, readySince) => {
    now(CHECK);
    await clock.advance(10);
    answer = besideAnswer;
    beside(asked);
    await clock.advance(10);
    expect(now(OTHER)).toMatchObject({ readySince });
    answer = null;
    await clock.advance(1_000);
    expect(now(OTHER).readySince).toBe(readySince ?? 1_000_020);
  });
});

it("one that had no address at first is asked as soon as it has one and has to stay ready", async () => {
  expect(readiness.look(INSTANCE, CHECK, null, 0)).toMatchObject({ readySince: 1_000_000 });
  await clock.advance(100);
  look(600);
  await clock.advance(499);
  expect(sent).toEqual([]);
  await clock.advance(1);
  expect(sent).toEqual([600]);
  expect(look(600)).toMatchObject({ readySince: 1_000_000, answeredAt: 1_000_600 });
});
