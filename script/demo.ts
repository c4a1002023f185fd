/**
 * The demo stack under load: deployed, redeployed, broken on purpose, rolled back, with every request and every row counted.
 *
 *   (nothing)      leaves the stack and the daemon running and says where
 *   --once         takes everything down at the end; without --json, not when something failed
 *   --json         one line of JSON on stdout, with `error` in it when something failed; everything else on stderr
 *   --stop         takes down what an earlier run left
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DemoDaemon } from "./demo-daemon.ts";
import { demoHome, refuseForeign } from "./demo-home.ts";
import { type Answer, ask, Load } from "./demo-load.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const PORT = Number(process.env.DEMO_PORT ?? 18080);
const STORE_PORT = Number(process.env.DEMO_STORE_PORT ?? PORT + 1);
const LISTEN = process.env.INSTAR_LISTEN ?? "127.0.0.1:17080";
const PER_SECOND = Number(process.env.DEMO_RATE ?? 20);
const FILE = join(root, "examples/shop/compose.yaml");
/** Networks and volumes are named after the stack: two copies on one machine need two names. */
const STACK = process.env.DEMO_STACK ?? "instar-demo";

/** The part of a deployment (docs of the command line) that is told here. */
interface Deployment {
  readonly service: string;
  readonly from: number | null;
  readonly to: number;
  readonly outcome: string;
  readonly reason: string | null;
  readonly seconds: number;
}

/** The line of --json; the counts are there once everything was done. */
interface Told {
  requests?: number;
  failed?: number;
  readonly deployments: Deployment[];
  lostRows?: number;
  error?: string;
}

const flags = new Set(process.argv.slice(2));
const unknown = [...flags].filter((flag) => !["--once", "--json", "--stop"].includes(flag));
if (unknown.length > 0) {
  console.error(`error: ${unknown.join(" ")} is not known\n  → script/demo [--once] [--json] | --stop`);
  process.exit(64);
}
const json = flags.has("--json");
const say = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`);

const home = demoHome(root);
const daemon = new DemoDaemon(root, home, {
  INSTAR_LISTEN: LISTEN,
  INSTAR_HTTP_PORT: process.env.INSTAR_HTTP_PORT ?? String(PORT + 2),
  DEMO_PORT: String(PORT),
  DEMO_STORE_PORT: String(STORE_PORT),
});
const told: Told = { deployments: [] };

/** Runs a verb that deploys; any outcome but the expected one ends the demo. */
async function deploy(what: string, expected: string, ...words: string[]): Promise<void> {
  say(`▸ ${what}\n  instar ${words.join(" ").replace(`${root}`, "")}`);
  const { stdout, stderr, code } = await daemon.instar(...words, "--json");
  if (stdout.trim() === "") throw new Error(`instar ${words.join(" ")} ended with ${code}: ${stderr.trim()}`);
  for (const one of (JSON.parse(stdout) as { deployments: Deployment[] }).deployments) {
    told.deployments.push(one);
    const revisions = one.from === null ? `revision ${one.to}` : `revision ${one.from} → ${one.to}`;
    say(`  ${one.service} ${revisions}: ${one.outcome} in ${one.seconds.toFixed(1)} s${one.reason === null ? "" : ` (${one.reason})`}`);
    if (one.outcome !== expected) throw new Error(`${what}: ${expected} was expected`);
  }
}

async function whole(): Promise<void> {
  await daemon.instar("down", STACK, "--volumes", "--json");
  await deploy("the stack goes up: web × 3 and a store with a volume", "succeeded", "up", "-f", FILE, "--stack", STACK);

  const acknowledged = new Set<string>();
  const web = new Load("web", PER_SECOND, (_, agent) => ask(PORT, "/", { agent }));
  const store = new Load("store", PER_SECOND, async (n, agent): Promise<Answer> => {
    const row = `row-${n}`;
    const answer = await ask(STORE_PORT, "/rows", { method: "POST", body: row, agent });
    if (answer.status === 201) acknowledged.add(row);
    return answer;
  });
  say(`▸ load: ${PER_SECOND} GET/s on web, ${PER_SECOND} rows/s on the store, until the end`);
  try {
    await deploy("web: v1 → v2, one instance at a time", "succeeded", "deploy", `${STACK}/web`, "--image", "instar/demo-web:v2");
    await deploy(
      "store: v1 → v2; one writer, so requests wait meanwhile",
      "succeeded",
      "deploy",
      `${STACK}/store`,
      "--image",
      "instar/demo-store:v2",
    );
    await deploy("web: v3 crashes at its start", "rolled-back", "deploy", `${STACK}/web`, "--image", "instar/demo-web:v3");
    await deploy("web: back to revision 1, by hand", "succeeded", "rollback", `${STACK}/web`, "--to", "1");
  } finally {
    await Promise.all([web.end(), store.end()]);
  }

  const { body } = await ask(STORE_PORT, "/rows?list=1");
  const kept = new Set((JSON.parse(body) as { list: string[] }).list);
  const lostRows = [...acknowledged].filter((row) => !kept.has(row)).length;
  report({ web, store, lostRows });
}

function report({ web, store, lostRows }: { web: Load; store: Load; lostRows: number }): void {
  const failed = web.failures.length + store.failures.length;
  const shares = (load: Load): string => [...load.versions].map(([version, n]) => `${version} × ${n}`).join(", ");
  say("");
  say(`  requests   ${web.sent + store.sent}, failed ${failed}`);
  say(`  web        answered by ${shares(web)}; the slowest ${web.slowestMs.toFixed(0)} ms`);
  say(`  store      answered by ${shares(store)}; the slowest ${store.slowestMs.toFixed(0)} ms (held while the writer changed)`);
  say(`  rows       lost ${lostRows}`);
  for (const why of [...web.failures, ...store.failures].slice(0, 10)) say(`  failed     ${why}`);
  Object.assign(told, { requests: web.sent + store.sent, failed, lostRows });
  if (failed + lostRows > 0) told.error = `${failed} requests failed, ${lostRows} rows were lost`;
}

/** An error of the work is told, and ends nothing but the work. */
async function attempt(exit: number, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(`error: ${error.message}`);
    told.error ??= error.message;
    process.exitCode = exit;
  }
}

async function takeDown(): Promise<void> {
  await daemon.instar("down", STACK, "--volumes", "--json");
  await daemon.wipe();
}

async function run(): Promise<void> {
  await attempt(1, async () => {
    await daemon.start();
    await whole();
  });
  // A program that reads the line wants nothing left behind; a person may want to look.
  if (flags.has("--once") && (json || told.error === undefined)) {
    if (told.error !== undefined && daemon.serves) say(daemon.lastWords());
    if (daemon.owns) await attempt(1, takeDown);
    else say(`  what an earlier demo left in ${home} stays; script/demo --stop takes it down`);
    return;
  }
  if (told.error !== undefined) say(`  → the daemon's log is ${daemon.log}`);
  if (!daemon.serves) return;
  if (flags.has("--once")) return say("  left as it is for a look; script/demo --stop takes it down");
  say(`\n  it goes on running: http://127.0.0.1:${PORT}/ (web), http://127.0.0.1:${STORE_PORT}/rows (store)`);
  say(`  dashboard: http://${LISTEN}/ with the token in ${join(home, "token")}`);
  say(`  try: INSTAR_HOME=${home} ${join(root, "bin/instar")} ps`);
  say("  stop: script/demo --stop");
}

const stops = flags.has("--stop");
await attempt(64, async () => refuseForeign(root, home));
if (told.error === undefined) await (stops ? attempt(1, takeDown) : run());
if (told.error !== undefined) process.exitCode ??= 1;
else if (stops) say("▸ the demo is gone");
if (json && (!stops || told.error !== undefined)) console.log(JSON.stringify(told));
