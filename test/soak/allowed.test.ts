import { describe, expect, it } from "vitest";
import { allowedBy, type Incident, judgeGaps, judgeLosses, type Lost } from "./allowed.ts";

const T = 1_700_000_000_000;
const lost = (more: Partial<Lost> = {}): Lost => ({
  ...{ service: "shop/web", sentAt: T - 50, endedAt: T + 10, method: "GET", status: null, error: "ECONNRESET: socket hang up" },
  ...more,
});
const died = (others: number, more: object = {}): Incident => ({
  ...{ kind: "instance-died", service: "shop/web", instance: "shop-web-r1-1-a1", at: T, others },
  ...more,
});
const killed: Incident = { kind: "router-killed", at: T, backAt: T + 600 };

describe("which loss is allowed", () => {
  it("nothing happened to an instance or the router: none", () => {
    expect(allowedBy(lost(), [])).toBeNull();
  });

  it.each([
    ["a POST in flight", lost({ method: "POST" }), true],
    ["a POST sent after it had died", lost({ method: "POST", sentAt: T + 200, endedAt: T + 300 }), false],
    ["a POST that was over before", lost({ method: "POST", sentAt: T - 900, endedAt: T - 300 }), false],
    ["a GET in flight, without an answer", lost(), false],
    ["a GET whose answer had begun", lost({ status: 200, error: "answer cut: ECONNRESET: aborted" }), true],
    ["a GET with a whole wrong answer", lost({ status: 503, error: "status 503: no instance is ready" }), false],
    ["a POST of another service", lost({ method: "POST", service: "shop/api" }), false],
  ])("one of several died: %s", (_what, one, allowed) => {
    expect(allowedBy(one, [died(1)]) !== null).toBe(allowed);
  });

  it.each([
    ["a GET in flight", lost(), true],
    ["one sent before the router knew, which is to be held", lost({ sentAt: T + 300, endedAt: T + 900 }), false],
    ["one of another service", lost({ service: "shop/api" }), false],
  ])("the only one died: %s", (_what, one, allowed) => {
    expect(allowedBy(one, [died(0)]) !== null).toBe(allowed);
  });

  it.each([
    ["over when it may have been gone", lost({ sentAt: T - 1_300, endedAt: T - 400 }), true],
    ["over before it gave up", lost({ sentAt: T - 1_300, endedAt: T - 700 }), false],
  ])("the only one died, of which others told: %s", (_what, one, allowed) => {
    expect(allowedBy(one, [died(0, { dyingAt: T - 500 })]) !== null).toBe(allowed);
    expect(allowedBy(one, [died(0)])).toBeNull();
  });

  it.each([
    ["an open connection", lost({ sentAt: T - 5_000 }), true],
    ["sent in the gap", lost({ sentAt: T + 600, endedAt: T + 600 }), true],
    ["of any service", lost({ service: "other/thing" }), true],
    ["sent after the gap", lost({ sentAt: T + 800, endedAt: T + 801 }), false],
    ["over before", lost({ sentAt: T - 500, endedAt: T - 200 }), false],
    ["sent after the gap on a connection to it", lost({ openedAt: T - 1, sentAt: T + 900, endedAt: T + 1_000 }), true],
    ["sent after the gap on a connection to the next one", lost({ openedAt: T + 620, sentAt: T + 900, endedAt: T + 1_000 }), false],
    ["sent long after the gap on a connection to it", lost({ openedAt: T - 1, sentAt: T + 1_900, endedAt: T + 2_500 }), true],
    ["answered on a connection to it after the gap", lost({ openedAt: T - 1, sentAt: T + 900, endedAt: T + 950, status: 503 }), false],
  ])("HAProxy was killed: %s", (_what, one, allowed) => {
    expect(allowedBy(one, [killed]) !== null).toBe(allowed);
  });

  it.each([
    ["the daemon was dead when it died", { from: T - 300, to: T + 2_000 }, {}, true],
    ["it died before it had told the router", { from: T + 600, to: T + 2_000 }, {}, true],
    ["it had told the router", { from: T + 1_500, to: T + 2_000 }, {}, false],
    ["it was back long before", { from: T - 300, to: T + 2_000 }, { sentAt: T + 8_000, endedAt: T + 8_010 }, false],
    ["it was back before the death", { from: T - 900, to: T - 100 }, {}, false],
    ["another service's", { from: T - 300, to: T + 2_000 }, { service: "shop/api" }, false],
    ["a wrong answer of another kind", { from: T - 300, to: T + 2_000 }, { error: "not JSON: <html>" }, false],
    ["the router was away, and the daemon was not", { from: T - 300, to: T + 2_000, what: "router" as const }, {}, false],
  ])("the engine started it again, and it was not asked whether it was ready: %s", (_what, absence, more, allowed) => {
    const one = lost({
      sentAt: T + 1_200,
      endedAt: T + 1_210,
      status: 200,
      error: "answered by 5135b617 (v1) before it was ready",
      ...more,
    });
    expect(allowedBy(one, [died(1)], [{ what: "daemon", ...absence }]) !== null).toBe(allowed);
  });

  it("HAProxy was away for long: who was held to the end meanwhile; not after a short gap, and not who was refused at once", () => {
    const refused = lost({ sentAt: T + 7_000, endedAt: T + 54_000, status: 503, error: "status 503: no instance is ready" });
    const long: Incident = { kind: "router-killed", at: T, backAt: T + 6_000 };
    expect(allowedBy(refused, [long])).toMatch(/held in vain/);
    expect(allowedBy(refused, [killed])).toBeNull();
    expect(allowedBy({ ...refused, endedAt: T + 7_050 }, [long])).toBeNull();
  });

  it.each(["answered by shop/api, which is another service", "the body came back changed: 3 of 100 characters", "not JSON: <html>"])(
    "nothing excuses a wrong answer: %s",
    (error) => {
      const wrong = lost({ status: 200, error });
      expect(allowedBy(wrong, [killed, died(0), died(1)])).toBeNull();
      expect(allowedBy({ ...wrong, method: "POST" }, [killed, died(0), died(1)])).toBeNull();
    },
  );

  const backIn = (ms: number, at = T): Incident => ({ kind: "router-killed", at, backAt: at + ms });

  it("a gap is a second at most", () => {
    expect(judgeGaps([killed, backIn(900), died(1)], [])).toEqual({ gaps: [600, 900], ok: true });
    expect(judgeGaps([killed, backIn(2_300)], []).ok).toBe(false);
    expect(judgeGaps([], [])).toEqual({ gaps: [], ok: true });
  });

  it("unless the machine had no time for anybody just then", () => {
    const late = [{ at: T + 1_000, lateMs: 1_300 }];
    expect(judgeGaps([killed, backIn(2_300)], late)).toEqual({ gaps: [600, 2_300], ok: true });
    expect(judgeGaps([backIn(2_300)], [{ at: T + 1_000, lateMs: 40 }]).ok, "a little late").toBe(false);
    expect(judgeGaps([backIn(2_300), backIn(2_300, T + 60_000)], late).ok, "late a minute before").toBe(false);
    expect(judgeGaps([backIn(Number.POSITIVE_INFINITY)], late).ok, "nobody ever listened again").toBe(false);
  });

  it("a run: each cause is counted, and what none explains is told", () => {
    const stray = lost({ sentAt: T + 60_000, endedAt: T + 60_001 });
    const { allowed, unexplained } = judgeLosses([lost({ sentAt: T - 1 }), lost({ sentAt: T - 2 }), stray], [killed, died(2)]);
    expect(allowed).toEqual({ "open when HAProxy was killed": 2 });
    expect(unexplained).toEqual([stray]);
  });
});
