/**
 * The demo stack under load: deployed, redeployed, broken on purpose, rolled back, with every request and every row counted.
 *
 *   (nothing)      leaves the stack and the daemon running and says where
 *   --once         takes everything down at the end
 *   --json         one line of JSON on stdout, everything else on stderr
 *   --stop         takes down what an earlier run left
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DemoDaemon, demoHome } from "./demo-daemon.ts";
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

const flags = new Set(process.argv.slice(2));
const unknown = [...flags].filter((flag) => !["--once", "--json", "--stop"].includes(flag));
if (unknown.length > 0) {
  console.error(`error: ${unknown.join(" ")} is not known\n  → script/demo [--once] [--json] | --stop`);
  process.exit(64);
}
const say = (line: string): void => void (flags.has("--json") ? process.stderr : process.stdout).write(`${line}\n`);

const daemon = new DemoDaemon(root, demoHome(root), {
  INSTAR_LISTEN: LISTEN,
  INSTAR_HTTP_PORT: process.env.INSTAR_HTTP_PORT ?? String(PORT + 2),
  DEMO_PORT: String(PORT),
  DEMO_STORE_PORT: String(STORE_PORT),
});
const deployments: Deployment[] = [];

/** Runs a verb that deploys; any outcome but the expected one ends the demo. */
async function deploy(what: string, expected: string, ...words: string[]): Promise<void> {
  say(`▸ ${what}\n  instar ${words.join(" ").replace(`${root}`, "")}`);
  const { stdout, stderr, code } = await daemon.instar(...words, "--json");
  if (stdout.trim() === "") throw new Error(`instar ${words.join(" ")} ended with ${code}: ${stderr.trim()}`);
  const told = (JSON.parse(stdout) as { deployments: Deployment[] }).deployments;
  for (const one of told) {
    deployments.push(one);
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
  process.exitCode = web.failures.length + store.failures.length + lostRows === 0 ? 0 : 1;
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
  if (flags.has("--json")) console.log(JSON.stringify({ requests: web.sent + store.sent, failed, deployments, lostRows }));
}

try {
  daemon.claim();
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exit(64);
}
if (flags.has("--stop")) {
  await daemon.instar("down", STACK, "--volumes", "--json");
  await daemon.wipe();
  say("▸ the demo is gone");
} else {
  try {
    await daemon.start();
    await whole();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(`error: ${error.message}\n  → the daemon's log is ${join(daemon.home, "daemon.log")}`);
    if (flags.has("--json")) console.log(JSON.stringify({ error: error.message, deployments }));
    process.exitCode = 1;
  }
  if (!flags.has("--once")) {
    say(`\n  it goes on running: http://127.0.0.1:${PORT}/ (web), http://127.0.0.1:${STORE_PORT}/rows (store)`);
    say(`  dashboard: http://${LISTEN}/ with the token in ${join(daemon.home, "token")}`);
    say(`  try: INSTAR_HOME=${daemon.home} ${join(root, "bin/instar")} ps`);
    say("  stop: script/demo --stop");
  } else if (process.exitCode === 0 || flags.has("--json")) {
    // A program that reads the line wants nothing left behind; a person may want to look.
    await daemon.instar("down", STACK, "--volumes", "--json");
    await daemon.wipe();
  } else say(`  left as it is for a look; script/demo --stop takes it down`);
}
