/** How long the engine may take to answer a call that is no stream. One that never does would hold its service, or all of them, for ever. */

const MINUTE_MS = 60_000;

type Deadline = number | null;

/** The first that matches decides; null: it may take as long as it takes. */
const RULES: readonly (readonly [RegExp, Deadline])[] = [
  [/^POST \/containers\/[^/]+\/wait$/, null],
  // Of what is large: an image's content that fills a new volume, layers and data that are removed or walked through.
  [/^POST \/containers\/create$/, 5 * MINUTE_MS],
  [/^(DELETE \/(containers|images|volumes)\/|GET \/system\/df$|GET \/containers\/[^/]+\/changes$)/, 10 * MINUTE_MS],
  // A start waits for mounts and networks; half a second as a rule, eight seconds on a machine that is overloaded.
  [/^POST \/containers\/[^/]+\/(start|stop|kill)$/, 2 * MINUTE_MS],
  [/^GET \/containers\/[^/]+\/json$/, MINUTE_MS / 2],
];

/**
 * In ms. A stop has its grace (`t`, in seconds) beside.
 * @param path without the version
 */
export function deadlineOf(method: string, path: string, query: Readonly<Record<string, unknown>> = {}): Deadline {
  const rule = RULES.find(([pattern]) => pattern.test(`${method} ${path}`));
  const limit = rule === undefined ? MINUTE_MS : rule[1];
  const graceMs = path.endsWith("/stop") && typeof query["t"] === "number" ? query["t"] * 1000 : 0;
  return limit === null ? null : limit + graceMs;
}
