import type { Clock, ClockSteps } from "./ports.ts";

/** Wall time for records; waits are the process's own timers, which do not follow a changed wall clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, wake) {
    const timer = setTimeout(wake, ms);
    return () => clearTimeout(timer);
  },
};

/** What the wall clock is set by at once without notice: corrections of a second and more are steps. */
const LEAST_MS = 1000;

/**
 * Wall time that does not jump: when somebody sets the machine's clock, this one goes on as if nothing had been until whoever
 * keeps waits has moved them and calls `follow`. What passes meanwhile is counted by a timer that nobody can set.
 * @param wall ms since the epoch, may be set
 * @param elapsed ms since any moment, only ever grows
 */
export function steadyClock(
  wall: () => number = () => Date.now(),
  elapsed: () => number = () => performance.now(),
): Clock & { readonly steps: ClockSteps } {
  let base = wall() - elapsed();
  const off = (): number => wall() - (base + elapsed());
  const stepped = (): number => {
    const by = off();
    if (Math.abs(by) >= LEAST_MS) return Math.round(by);
    base += by;
    return 0;
  };
  return {
    after: systemClock.after,
    now: () => (stepped() === 0 ? wall() : Math.round(base + elapsed())),
    steps: {
      stepped,
      follow: () => {
        base += off();
      },
    },
  };
}
