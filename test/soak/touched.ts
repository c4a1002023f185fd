import { IN_A_ROW, YOUNG_MS } from "../../src/plan/heal.ts";
import type { DriftView } from "../../src/reconcile/drift-control.ts";
import type { Absence } from "./answers.ts";
import type { Deed } from "./scene.ts";

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

/** The outcome of a touch after which the instance was replaced. */
export const REPLACED = "replaced";

const slotOf = (name: string): string | undefined => /-(\d+)-a\d+$/.exec(name)?.[1];

/**
 * Whether Instar may leave a touched instance where it is (docs/drift.md, "Policy"): its slot was replaced three times for touches of
 * this run, and each of those instances can have been young.
 */
export function mayBeHeld(deeds: readonly Deed[], service: string, name: string, at: number): boolean {
  const replaced = deeds.filter(
    (one) => one.service === service && one.outcome === REPLACED && one.at > at - IN_A_ROW * YOUNG_MS && slotOf(one.what) === slotOf(name),
  );
  return replaced.length >= IN_A_ROW;
}
