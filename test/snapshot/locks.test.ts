import { expect, test } from "vitest";
import { VolumeLocks } from "../../src/reconcile/volume-locks.ts";

const code = (act: () => unknown): string => {
  try {
    act();
    return "fine";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test("one piece of work at a time, and no start meanwhile", () => {
  const locks = new VolumeLocks();
  const release = locks.take("v", "a snapshot of v");
  expect(locks.workOn("v")).toBe("a snapshot of v");
  expect(code(() => locks.take("v", "another"))).toBe("INS3012");
  expect(code(() => locks.start(["u", "v"]))).toBe("INS3012");
  expect(code(() => locks.take("u", "elsewhere"))).toBe("fine");
  release();
  release();
  expect(code(() => locks.start(["v"]))).toBe("fine");
});

test("no work while an instance starts, and several may start", () => {
  const locks = new VolumeLocks();
  const ends = [locks.start(["v"]), locks.start(["v"])];
  expect(code(() => locks.take("v", "restoring"))).toBe("INS3012");
  ends[0]?.();
  expect(code(() => locks.take("v", "restoring"))).toBe("INS3012");
  ends[1]?.();
  expect(code(() => locks.take("v", "restoring"))).toBe("fine");
});

test("live work lets instances start, but no other work", () => {
  const locks = new VolumeLocks();
  locks.start(["v"]);
  locks.take("v", "a snapshot of v", { live: true });
  expect(code(() => locks.start(["v"]))).toBe("fine");
  expect(code(() => locks.take("v", "another", { live: true }))).toBe("INS3012");
});

test("a half restored volume is open to what mends it, and to nothing else", () => {
  const locks = new VolumeLocks();
  locks.setHalfRestored("v", "s1");
  expect(code(() => locks.start(["v"]))).toBe("INS3015");
  expect(code(() => locks.take("v", "a snapshot of v", { live: true }))).toBe("INS3015");
  expect(locks.refusal(["v"])?.message).toContain("s1");
  const release = locks.take("v", "restoring", { mending: true });
  locks.setHalfRestored("v", null);
  release();
  expect(locks.refusal(["v"])).toBeNull();
});
