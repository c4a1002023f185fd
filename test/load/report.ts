import type { LateSecond } from "./lateness.ts";

/** What a load was told to do. Times in ms, rates per second. */
export interface LoadOptions {
  /** `http://127.0.0.1:18080`; loopback only. */
  readonly url: string;
  readonly rate: number;
  readonly webSockets: number;
  /** Of every 20 requests one is answered after this long. */
  readonly slowMs: number;
  /** A load ends by itself after this long. */
  readonly maxMs: number;
  /** The `app` every answer must name; null accepts any. */
  readonly app: string | null;
  /** True: an answer of an instance that never answered its readiness check is a failure. */
  readonly proven: boolean;
  /** `packages`: what npm does with a registry of packages, instead of what the rude application understands. */
  readonly traffic: "rude" | "packages";
  /** A request without an answer fails after this long. */
  readonly timeoutMs: number;
}

export interface RequestRecord {
  readonly n: number;
  /** When it was due and sent, and when its answer was whole; ms since the epoch. */
  readonly sentAt: number;
  readonly endedAt: number;
  readonly method: "GET" | "POST" | "PUT";
  readonly connection: "new" | "kept";
  /** When its connection was opened, perhaps for an earlier request; absent: it never was. */
  readonly openedAt?: number;
  readonly slow: boolean;
  readonly status: number | null;
  readonly version: string | null;
  readonly instance: string | null;
  /** null is success; else what went wrong, in words. */
  readonly error: string | null;
}

export interface WebSocketRecord {
  readonly openedAt: number | null;
  readonly closedAt: number;
  readonly version: string | null;
  readonly instance: string | null;
  readonly sent: number;
  readonly echoed: number;
  readonly code: number | null;
  /** True when the load ended it; false when it was cut. */
  readonly byUs: boolean;
  /** A refused connection, a wrong or missing echo. A cut is not an error by itself: the drain limit decides. */
  readonly error: string | null;
}

export interface Seen {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface LoadReport {
  readonly total: number;
  readonly failed: readonly RequestRecord[];
  readonly failedWebSockets: readonly WebSocketRecord[];
  readonly cutWebSockets: readonly WebSocketRecord[];
  readonly byKind: Readonly<Record<string, number>>;
  readonly maxMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How late the generator itself was, at worst: large means the figures are not to be trusted. */
  readonly lagMs: number;
  /** The same in each second in which it was late. */
  readonly late: readonly LateSecond[];
  readonly versions: Readonly<Record<string, Seen>>;
  readonly instances: Readonly<Record<string, Seen>>;
  readonly marks: readonly { readonly label: string; readonly at: number }[];
  readonly requests: readonly RequestRecord[];
  readonly webSockets: readonly WebSocketRecord[];
}

type Raw = Pick<LoadReport, "requests" | "webSockets" | "marks" | "lagMs" | "late">;

export function report({ requests, webSockets, marks, lagMs, late }: Raw): LoadReport {
  const took = requests.map((request) => request.endedAt - request.sentAt).sort((a, b) => a - b);
  return {
    total: requests.length,
    failed: requests.filter((request) => request.error !== null),
    failedWebSockets: webSockets.filter((socket) => socket.error !== null),
    cutWebSockets: webSockets.filter((socket) => !socket.byUs),
    byKind: countBy(requests, (request) => `${request.method} ${request.connection}${request.slow ? " slow" : ""}`),
    maxMs: took.at(-1) ?? 0,
    p50Ms: quantile(took, 0.5),
    p99Ms: quantile(took, 0.99),
    lagMs,
    late,
    versions: seenBy(requests, (request) => request.version),
    instances: seenBy(requests, (request) => request.instance),
    marks,
    requests,
    webSockets,
  };
}

/** Nearest rank; 0 of nothing. `sorted` ascends. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/**
 * How long clients were refused: from when the first failed request was sent to when the last one was, in ms.
 * Requests already under way count from their own failure, so that a cut answer is not a gap of two seconds.
 */
export function gapMs(failed: readonly RequestRecord[]): number {
  const moments = failed.map((request) =>
    request.status === null && request.endedAt - request.sentAt > 50 ? request.endedAt : request.sentAt,
  );
  return moments.length === 0 ? 0 : Math.max(...moments) - Math.min(...moments);
}

/** One line for a person, with the first few failures. */
export function inWords(load: LoadReport): string {
  const samples = load.failed
    .slice(0, 5)
    .map((r) => `#${r.n} ${r.method} ${r.connection} at ${r.sentAt} after ${r.endedAt - r.sentAt} ms${during(load, r.sentAt)}: ${r.error}`);
  const sockets = load.failedWebSockets.slice(0, 5).map((s) => `websocket of ${s.instance}: ${s.error}`);
  return [
    `${load.total} requests, ${load.failed.length} failed, ${load.webSockets.length} websockets, ${load.failedWebSockets.length} failed, slowest ${load.maxMs} ms, generator at most ${load.lagMs} ms late`,
    ...samples,
    ...sockets,
  ].join("\n  ");
}

/** The last mark before this moment: what the test was doing. */
function during(load: LoadReport, at: number): string {
  const mark = load.marks.findLast((one) => one.at <= at);
  return mark === undefined ? "" : `, ${at - mark.at} ms into '${mark.label}'`;
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}

function seenBy(requests: readonly RequestRecord[], key: (request: RequestRecord) => string | null): Record<string, Seen> {
  const seen: Record<string, Seen> = {};
  for (const request of requests) {
    const name = key(request);
    if (name === null || request.error !== null) continue;
    const before = seen[name];
    seen[name] = {
      count: (before?.count ?? 0) + 1,
      firstAt: Math.min(before?.firstAt ?? request.endedAt, request.endedAt),
      lastAt: Math.max(before?.lastAt ?? 0, request.endedAt),
    };
  }
  return seen;
}
