import type { Clock } from "./ports.ts";

/** Wall time for records; waits are the process's own timers, which do not follow a changed wall clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, wake) {
    const timer = setTimeout(wake, ms);
    return () => clearTimeout(timer);
  },
};
