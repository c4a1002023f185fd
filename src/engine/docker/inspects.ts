import type Docker from "dockerode";

type Inspect = Docker.ContainerInspectInfo;

/** dockerd drops events for a reader that sleeps too long, and does not say so. */
const LONGEST_MS = 30_000;

/**
 * Remembered inspects, so that a look at many instances costs one list. Nothing is remembered unless an
 * event stream watches: each event of a container forgets what was known of it, and the end of a watch
 * forgets everything. An inspect that was under way when an event came is not kept.
 */
export interface Inspects {
  /** `state` and `status` are what the list just said; a remembered inspect that differs is not used. */
  read(id: string, state: string, status: string): Promise<Inspect | null>;
  /** Something happened to it (or we are about to do something). */
  touch(id: string): void;
  /** A stream watches from now on; the returned function ends it. */
  watch(): () => void;
}

export const rememberInspects = (inspect: (id: string) => Promise<Inspect | null>): Inspects => {
  const kept = new Map<string, { readonly inspect: Inspect; readonly since: number }>();
  const underWay = new Map<string, Set<{ stale: boolean }>>();
  let watchers = 0;

  const touch = (id: string): void => {
    kept.delete(id);
    for (const look of underWay.get(id) ?? []) look.stale = true;
  };

  return {
    touch,
    read: async (id, state, status) => {
      const known = kept.get(id);
      if (known !== undefined && performance.now() - known.since < LONGEST_MS && agrees(known.inspect, state, status)) return known.inspect;
      const look = { stale: watchers === 0 };
      const looks = underWay.get(id) ?? new Set();
      underWay.set(id, looks.add(look));
      try {
        const found = await inspect(id);
        if (found !== null && !look.stale && settled(found)) kept.set(id, { inspect: found, since: performance.now() });
        return found;
      } finally {
        looks.delete(look);
        if (looks.size === 0) underWay.delete(id);
      }
    },
    watch: () => {
      watchers += 1;
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        watchers -= 1;
        kept.clear();
        for (const looks of underWay.values()) for (const look of looks) look.stale = true;
      };
    },
  };
};

const agrees = (known: Inspect, state: string, status: string): boolean =>
  known.State.Status === state && (known.State.Health?.Status ?? "none") === healthIn(status);

/** The list says health only in words: `Up 3 seconds (healthy)`, `(health: starting)`. */
const healthIn = (status: string): string => /\((?:health: )?(starting|healthy|unhealthy)\)/.exec(status)?.[1] ?? "none";

// States that change by themselves without an event, and probe output of one that is not healthy, are always looked at.
const settled = (inspect: Inspect): boolean =>
  ["created", "running", "exited"].includes(inspect.State.Status) && ["none", "healthy"].includes(inspect.State.Health?.Status ?? "none");
