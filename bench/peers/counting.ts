import type { RequestRecord } from "../../test/load/report.ts";

export type MoveKind = "deploy" | "redeploy" | "rollback";

/** One deployment, as the watcher saw it; moments in ms since the epoch, memory in MB. */
export interface Move {
  readonly kind: MoveKind;
  readonly begunAt: number;
  readonly endedAt: number;
  readonly memoryBefore: number;
  readonly memoryPeak: number;
}

/** What its clients had of it. */
export interface Outcome {
  readonly kind: MoveKind;
  readonly requests: number;
  readonly failed: number;
  /** `GET`, `POST`, `2 s GET`, `2 s POST`. */
  readonly failedBy: Readonly<Record<string, number>>;
  /** The first few failures, in words. */
  readonly examples: readonly string[];
  /** Of the answered ones, beyond what the request itself asked for. */
  readonly slowestMs: number;
  readonly totalMs: number;
  /** From the command until a fresh instance, and until as many as are wanted, had answered; null: never. */
  readonly firstMs: number | null;
  readonly allMs: number | null;
  readonly extraMb: number;
}

const EXAMPLES = 3;

/**
 * Which of the moves (in order of time) a request belongs to: the first that went on while it was under way, else the last one
 * that had begun when it was sent. null before the first.
 */
export function moveOf(
  request: Pick<RequestRecord, "sentAt" | "endedAt">,
  moves: readonly Pick<Move, "begunAt" | "endedAt">[],
): number | null {
  const during = moves.findIndex((move) => request.endedAt >= move.begunAt && request.sentAt <= move.endedAt);
  if (during !== -1) return during;
  const last = moves.findLastIndex((move) => move.begunAt <= request.sentAt);
  return last === -1 ? null : last;
}

/** @param slowMs what a slow request asks for */
export function outcomes(
  requests: readonly RequestRecord[],
  moves: readonly Move[],
  { replicas, slowMs }: { replicas: number; slowMs: number },
): readonly Outcome[] {
  const firstAnswers = [...firstAnswersOf(requests).values()].sort((a, b) => a - b);
  return moves.map((move, n) => {
    const own = requests.filter((request) => moveOf(request, moves) === n);
    const failed = own.filter(({ error }) => error !== null);
    const answered = own.filter(({ error }) => error === null);
    const until = moves[n + 1]?.begunAt ?? Number.POSITIVE_INFINITY;
    const fresh = firstAnswers.filter((at) => at >= move.begunAt && at < until);
    const since = (at: number | undefined): number | null => (at === undefined ? null : at - move.begunAt);
    return {
      kind: move.kind,
      requests: own.length,
      failed: failed.length,
      failedBy: countBy(failed, slowMs),
      examples: failed
        .slice(0, EXAMPLES)
        .map(({ method, error, sentAt }) => `${method} sent at ${sentAt - move.begunAt} ms: ${plain(error)}`),
      slowestMs: Math.max(0, ...answered.map(({ slow, sentAt, endedAt }) => endedAt - sentAt - (slow ? slowMs : 0))),
      totalMs: move.endedAt - move.begunAt,
      firstMs: since(fresh[0]),
      allMs: since(fresh[replicas - 1]),
      extraMb: move.memoryPeak - move.memoryBefore,
    };
  });
}

/** How many failed before anything was moved: what that is for is the setup, not a deployment. */
export const failedBefore = (requests: readonly RequestRecord[], moves: readonly Move[]): number =>
  requests.filter((request) => request.error !== null && moveOf(request, moves) === null).length;

/** By instance, when its first answer was whole. A slow request tells late who answered it, and never earlier. */
function firstAnswersOf(requests: readonly RequestRecord[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const { instance, error, endedAt } of requests) {
    if (instance === null || error !== null) continue;
    first.set(instance, Math.min(first.get(instance) ?? endedAt, endedAt));
  }
  return first;
}

function countBy(failed: readonly RequestRecord[], slowMs: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { method, slow } of failed) {
    const kind = slow && slowMs > 0 ? `${slowMs / 1000} s ${method}` : method;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** HAProxy answers in HTML. */
const plain = (error: string | null): string =>
  (error ?? "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
