import type { Instant } from "./types.ts";

/** A stretch in which no instance of a service served. */
export interface Pause {
  readonly from: Instant;
  readonly ms: number;
}

interface Entry {
  readonly at: Instant;
  readonly do: string;
  readonly instance: string | null;
}

/**
 * Read from a deployment's journal, whose entries are written before the deed: `drain` takes the only instance away at 100,
 * `route` brings its successor in at 900 → one pause of 800 ms. What was not made in this deployment served before it. A
 * container of an adopted project holds its port until `open`: what was routed before serves from then on.
 */
export function pausesOf(steps: readonly Entry[]): readonly Pause[] {
  const made = new Set(steps.filter((step) => step.do === "create").map(({ instance }) => instance));
  const routed = new Set(steps.filter((step) => step.do === "route").map(({ instance }) => instance));
  const serving = new Set(steps.flatMap(({ instance }) => (instance !== null && !made.has(instance) ? [instance] : [])));
  const closed = new Set(steps.filter((step) => step.do === "open").map(({ instance }) => instance));
  const pauses: Pause[] = [];
  let since: Instant | null = null;
  // A service that served nothing before has no pause, but a beginning.
  let begun = serving.size > 0;
  for (const { at, do: what, instance } of steps) {
    if (instance === null) continue;
    if (what === "drain" || what === "stop" || what === "fail" || what === "crash") serving.delete(instance);
    else if (what === "route" || (what === "start" && !routed.has(instance))) serving.add(instance);
    else if (what === "open") closed.delete(instance);
    const serves = serving.size > 0 && [...closed].every((one) => one !== null && serving.has(one));
    if (!serves && begun) since ??= at;
    if (!serves) continue;
    begun = true;
    if (since !== null) pauses.push({ from: since, ms: at - since });
    since = null;
  }
  return pauses;
}
