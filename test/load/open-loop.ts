/**
 * The open-loop load generator: sends on time whatever happens, and never waits for an answer before the next request.
 * A process of its own, so that nothing the tests do delays it. Driven over IPC (see load.ts), or by hand:
 *
 *   node test/load/open-loop.ts '{"url":"http://127.0.0.1:8080","maxMs":10000}'
 */

import { Lateness } from "./lateness.ts";
import { inWords, type LoadOptions, type RequestRecord, report } from "./report.ts";
import { keptConnections, send } from "./request.ts";
import { SocketClient } from "./socket.ts";

const DEFAULTS: Omit<LoadOptions, "url"> = {
  rate: 200,
  webSockets: 4,
  slowMs: 2000,
  maxMs: 600_000,
  app: null,
  proven: true,
  timeoutMs: 30_000,
  traffic: "rude",
};
const MOST_REQUESTS = 300_000;
const TICK_MS = 4;

const options: LoadOptions = { ...DEFAULTS, ...(JSON.parse(process.argv[2] ?? "{}") as { url: string }) };
if (!/^http:\/\/(127\.0\.0\.1|\[::1\]|localhost):\d+$/.test(options.url)) throw new Error(`loopback only, not ${options.url}`);
if (options.rate > 1000) throw new Error("at most 1,000 requests a second");

const agent = keptConnections();
const clients = Array.from({ length: options.webSockets }, () => new SocketClient(options));
const requests: RequestRecord[] = [];
const marks: { label: string; at: number }[] = [];
const underway = new Set<Promise<void>>();
const startedAt = Date.now();
let sent = 0;
const lateness = new Lateness();

function tick(): void {
  const now = Date.now();
  const due = Math.min(Math.floor(((now - startedAt) * options.rate) / 1000), MOST_REQUESTS);
  for (; sent < due; sent++) {
    const dueAt = startedAt + Math.floor((sent * 1000) / options.rate);
    lateness.note(now, now - dueAt);
    const one: Promise<void> = send(sent, dueAt, options, agent).then((record) => {
      requests.push(record);
      underway.delete(one);
    });
    underway.add(one);
  }
  if (now - startedAt >= options.maxMs) finish();
}

let finishing = false;
function finish(): void {
  if (finishing) return;
  finishing = true;
  clearInterval(timer);
  finished().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}

async function finished(): Promise<void> {
  await Promise.all(clients.map((client) => client.stop()));
  await Promise.all(underway);
  agent.destroy();
  const webSockets = clients.flatMap((client) => client.records);
  const result = report({ requests, webSockets, marks, lagMs: lateness.worstMs, late: lateness.seconds });
  if (process.send === undefined) {
    console.log(inWords(result));
    console.log(JSON.stringify({ byKind: result.byKind, versions: result.versions, p50Ms: result.p50Ms, p99Ms: result.p99Ms }));
    return;
  }
  process.send({ report: result }, () => process.disconnect());
}

process.on("message", (message: { mark?: string; stop?: true }) => {
  if (message.mark !== undefined) marks.push({ label: message.mark, at: Date.now() });
  if (message.stop) finish();
});
process.on("disconnect", () => process.exit());
process.on("SIGINT", finish);

for (const client of clients) client.start();
const timer = setInterval(tick, TICK_MS);
process.send?.({ started: startedAt });
