/**
 * A steady load over many services at once, for hours: sends on time whatever happens, keeps only what failed, and tells how far it
 * is. A process of its own (see broad.ts). Its one argument is a BroadOptions as JSON.
 */
import type { BroadOptions, BroadTold } from "./broad.ts";
import { Lateness } from "./lateness.ts";
import type { LoadOptions } from "./report.ts";
import { keptConnections, send } from "./request.ts";

const TICK_MS = 4;
const TELL_MS = 1_000;

const options = JSON.parse(process.argv[2] ?? "") as BroadOptions;
for (const { url } of options.targets) if (!/^http:\/\/127\.0\.0\.1:\d+$/.test(url)) throw new Error(`loopback only, not ${url}`);
if (options.rate > 1000) throw new Error("at most 1,000 requests a second");

const agent = keptConnections();
const underway = new Set<Promise<void>>();
const startedAt = Date.now();
let sent = 0;
let total = 0;
let failed = 0;
let slowestMs = 0;
const lateness = new Lateness();
/** So many of its seconds have been told. */
let toldSeconds = 0;
let stopping = false;

const tell = (told: BroadTold): void => void process.send?.(told);
const progress = (done: boolean): BroadTold => ({ progress: { total, failed, slowestMs, lagMs: lateness.worstMs, done } });

/** The seconds in which it was late, once they are over: the last one may get worse. */
function tellLate(all: boolean): void {
  const over = all ? lateness.seconds.length : lateness.seconds.length - 1;
  for (; toldSeconds < over; toldSeconds++) {
    const late = lateness.seconds[toldSeconds];
    if (late !== undefined) tell({ late });
  }
}

function one(n: number, dueAt: number): void {
  const { targets } = options;
  // Each service gets every kind of request: the kinds repeat with even numbers.
  const target = targets[(n + Math.floor(n / targets.length)) % targets.length];
  if (target === undefined) return;
  const { rate, slowMs, timeoutMs } = options;
  const how: LoadOptions = {
    rate,
    slowMs,
    timeoutMs,
    url: target.url,
    app: target.app,
    proven: true,
    traffic: "rude",
    webSockets: 0,
    maxMs: 0,
  };
  const request: Promise<void> = send(n, dueAt, how, agent).then((record) => {
    underway.delete(request);
    total++;
    slowestMs = Math.max(slowestMs, record.endedAt - record.sentAt);
    if (record.error === null) return;
    failed++;
    const { sentAt, endedAt, openedAt, method, status, error } = record;
    const connection = openedAt === undefined ? {} : { openedAt };
    tell({ lost: { service: target.service, sentAt, endedAt, ...connection, method, status, error } });
  });
  underway.add(request);
}

const timer = setInterval(() => {
  const now = Date.now();
  const due = Math.floor(((now - startedAt) * options.rate) / 1000);
  for (; sent < due; sent++) {
    const dueAt = startedAt + Math.floor((sent * 1000) / options.rate);
    lateness.note(now, now - dueAt);
    one(sent, dueAt);
  }
}, TICK_MS);
const teller = setInterval(() => {
  tellLate(false);
  tell(progress(false));
}, TELL_MS);

async function finish(): Promise<void> {
  if (stopping) return;
  stopping = true;
  clearInterval(timer);
  await Promise.all(underway);
  clearInterval(teller);
  agent.destroy();
  tellLate(true);
  process.send?.(progress(true), () => process.disconnect());
}

process.on("message", () => {
  finish().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.on("disconnect", () => process.exit());
tell(progress(false));
