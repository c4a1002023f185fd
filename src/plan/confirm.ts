import type { Instant, Status, Step } from "./types.ts";

/** Somebody outside is asked whether a deployment may go on. Data in its row: it waits on wherever a daemon died. */
export interface Confirm {
  readonly state: "waiting" | "passed" | "failed";
  /** Who or what decided, or what came of the last question; "" before the first. */
  readonly reason: string;
  /** When it was first asked; null: not yet. */
  readonly since: Instant | null;
  readonly askedAt: Instant | null;
  readonly tries: number;
}

export const UNASKED: Confirm = { state: "waiting", reason: "", since: null, askedAt: null, tries: 0 };

/** A confirmation in the course of a deployment. */
export interface Confirming extends Confirm {
  /** Of the step that asks. */
  readonly name: string;
  readonly deployment: string;
  readonly revision: number;
  readonly timeoutMs: number;
  /** Before everything else; false: in the first step of a course, where the new set can be looked at. */
  readonly early: boolean;
  readonly busy: boolean;
}

/** From one question to the next: soon at first, then every five minutes. */
const AGAIN_MS = [2_000, 5_000, 15_000, 30_000, 60_000, 300_000] as const;

export const askAgainAt = ({ askedAt, tries }: Pick<Confirm, "askedAt" | "tries">): Instant =>
  askedAt === null ? 0 : askedAt + (AGAIN_MS[Math.min(tries - 1, AGAIN_MS.length - 1)] ?? 300_000);

/** null: it has been confirmed. */
export function planConfirm(
  confirm: Confirming,
  paused: boolean,
  now: Instant,
): { status: Status; step: Step | null; wakeAt: Instant | null } | null {
  const { state, reason, since, timeoutMs, deployment } = confirm;
  if (state === "passed") return null;
  const failed = (words: string): Status => ({ kind: "failed", code: "INS5009", reason: words });
  if (state === "failed") return { status: failed(reason), step: null, wakeAt: null };
  const until = since === null ? null : since + timeoutMs;
  if (until !== null && now >= until)
    return {
      status: failed(`nobody confirmed within ${timeoutMs / 1000} s${reason === "" ? "" : `; ${reason}`}`),
      step: null,
      wakeAt: null,
    };
  const status: Status = { kind: "moving", waiting: `to be confirmed: instar promote ${deployment}` };
  const due = askAgainAt(confirm);
  const quiet = confirm.busy || paused;
  if (quiet || now < due) return { status, step: null, wakeAt: quiet ? until : Math.min(due, until ?? due) };
  const because = confirm.tries === 0 ? "the hook is asked whether to go on" : "the hook is asked again";
  const step: Step = { do: "ask", instance: confirm.name, slot: 0, attempt: 1, revision: confirm.revision, because };
  return { status, step: confirm.tries === 0 ? step : { ...step, again: true }, wakeAt: until };
}
