const STAMP = /^.{0,8}(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z) /gms;

/** When the last line of a log with the engine's timestamps came that came before `at`; `at` without one. ms since the epoch. */
export function lastBefore(log: string, at: number): number {
  const times = [...log.matchAll(STAMP)].map(([, stamp = ""]) => Date.parse(stamp)).filter((time) => time <= at);
  return times.length === 0 ? at : Math.max(...times);
}
