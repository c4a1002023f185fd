import type { DriftView } from "../../src/reconcile/drift-control.ts";
import type { Absence } from "./answers.ts";

/** Somebody entered or changed an instance. */
export interface Touch {
  readonly instance: string;
  readonly at: number;
}

const CLOCKS_MS = 150;
const DRIFTED: ReadonlySet<string> = new Set(["tainted", "changed", "foreign"]);

/**
 * Whether Instar tells this touch: the instance has drifted, and something that was done to it since is a cause. What an earlier one
 * left is not enough. While the daemon was away the engine may have forgotten it (it keeps 256 events): then nobody watched, and that
 * is told instead.
 */
export function isShown({ instances, gone }: Pick<DriftView, "instances" | "gone">, touch: Touch, absences: readonly Absence[]): boolean {
  const since = touch.at - CLOCKS_MS;
  const isNew = ({ at }: { readonly at: number }): boolean => at >= since;
  const one = instances.find(({ name }) => name === touch.instance);
  if (one === undefined) return gone.some(({ name, causes }) => name === touch.instance && causes.some(isNew));
  if (DRIFTED.has(one.verdict) && one.causes.some(isNew)) return true;
  const unwatched = absences.some(({ what, from, to }) => what === "daemon" && from <= touch.at + UNHEARD_MS && to >= since);
  return unwatched && one.verdict !== "none";
}

/** What was done right before a kill may not have been written down. */
const UNHEARD_MS = 2_000;
