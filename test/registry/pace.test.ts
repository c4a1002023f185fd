import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pace, retryAfterMs } from "../../src/registry/pace.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Begins so many patient turns; the list fills with the time each went out. */
function queue(pace: Pace, count: number, name = "patient", urgency: "now" | "patient" = "patient"): string[] {
  const out: string[] = [];
  for (let n = 0; n < count; n++) void pace.turn(urgency, async () => void out.push(`${name} ${n}`));
  return out;
}
const paceOf = (): Pace => new Pace("reg.example", () => Date.now());

test("patient requests go out in their order, a few at a time", async () => {
  const out = queue(paceOf(), 20);
  await vi.advanceTimersByTimeAsync(1);
  expect(out).toHaveLength(5);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(out).toEqual(Array.from({ length: 20 }, (_, n) => `patient ${n}`));
});

test("an urgent one goes before those that are patient", async () => {
  const pace = paceOf();
  pace.slower({ "retry-after": "1" });
  const order: string[] = [];
  void pace.turn("patient", async () => void order.push("patient"));
  void pace.turn("now", async () => void order.push("now"));
  await vi.advanceTimersByTimeAsync(999);
  expect(order).toEqual([]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(order).toEqual(["now", "patient"]);
});

test("a long pause is told to those who have somebody waiting, also to those who wait already; the patient sit it out", async () => {
  const pace = paceOf();
  const ending: (() => void)[] = [];
  for (let n = 0; n < 6; n++) void pace.turn("now", () => new Promise<void>((resolve) => ending.push(resolve)));
  const out = queue(pace, 1);
  const queued = pace.turn("now", async () => "out").catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(0);
  pace.slower({ "retry-after": "600" });
  ending[0]?.();
  expect(await queued).toMatchObject({ code: "INS3028", message: "reg.example asks for fewer requests; the next goes out in 600 s" });
  await expect(pace.turn("now", async () => "out")).rejects.toMatchObject({ code: "INS3028" });
  await vi.advanceTimersByTimeAsync(599_000);
  expect(out).toEqual([]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(out).toEqual(["patient 0"]);
});

test("one that was turned away comes first again", async () => {
  const pace = paceOf();
  pace.slower({ "retry-after": "1" });
  const order: string[] = [];
  void pace.turn("patient", async () => void order.push("later"));
  void pace.turn("patient", async () => void order.push("again"), true);
  await vi.advanceTimersByTimeAsync(2000);
  expect(order).toEqual(["again", "later"]);
});

test("each 429 makes it slower, each answer a little quicker; nothing left by the headers is a pause", async () => {
  const pace = paceOf();
  const [fast] = [pace.intervalMs];
  for (let n = 0; n < 10; n++) {
    pace.slower({});
    const once = pace.intervalMs;
    pace.slower({});
    expect(pace.intervalMs).toBe(once);
    await vi.advanceTimersByTimeAsync(900_000);
  }
  const slow = pace.intervalMs;
  expect(slow).toBeGreaterThan(fast * 10);
  for (let n = 0; n < 1000; n++) pace.well({});
  expect(pace.intervalMs).toBe(fast);
  await vi.advanceTimersByTimeAsync(3_600_000);
  pace.well({ "ratelimit-remaining": "0", "ratelimit-reset": "30" });
  const out = queue(pace, 1);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(out).toEqual([]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(out).toHaveLength(1);
});

test.each([
  ["3", 3000],
  ["Wed, 21 Oct 2026 07:28:10 GMT", 10_000],
  ["Wed, 21 Oct 2020 07:28:00 GMT", 0],
  ["99999", 900_000],
  ["soon", null],
  [undefined, null],
])("Retry-After: %s is %s ms", (value, ms) => {
  expect(retryAfterMs(value, Date.parse("Wed, 21 Oct 2026 07:28:00 GMT"))).toBe(ms);
});
