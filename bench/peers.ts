/**
 * The race against the peers: the same image, load and machine, one after the other. Names on the command line choose who
 * (instar swarm compose docker) and what (three-quick-polite, …); `page` only writes the page again. What is measured replaces
 * what bench/peers.json has of it, and docs/benchmarks.md and .svg are made from the whole of that.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type Docker from "dockerode";
import { engineAt, ensureTestImages } from "../test/apps/images.ts";
import { docker as command } from "../test/e2e/docker-command.ts";
import { BALANCER_IMAGE } from "./peers/balancer.ts";
import { Compose } from "./peers/compose.ts";
import { Instar } from "./peers/instar.ts";
import { verdicts } from "./peers/judge.ts";
import { page } from "./peers/page.ts";
import type { Peer, PeerName } from "./peers/peer.ts";
import { Plain } from "./peers/plain.ts";
import { plot } from "./peers/plot.ts";
import { nameOf, type Results, type Row, withRows } from "./peers/row.ts";
import { play, SCENARIOS } from "./peers/scenario.ts";
import { Swarm } from "./peers/swarm.ts";

const RESULTS = new URL("./peers.json", import.meta.url);
const PAGE = new URL("../docs/benchmarks.md", import.meta.url);
const PLOT = new URL("../docs/benchmarks.svg", import.meta.url);

const PEERS: Readonly<Record<PeerName, (docker: Docker) => Promise<Peer>>> = {
  instar: () => Instar.open(),
  swarm: (docker) => Swarm.open(docker),
  compose: () => Compose.open(),
  docker: (docker) => Plain.open(docker),
};
const NAMES = Object.keys(PEERS) as PeerName[];

const words = process.argv.slice(2);
const possible = [...NAMES, ...SCENARIOS.map(nameOf), "page"];
const unknown = words.filter((word) => !possible.includes(word));
if (unknown.length > 0) throw new Error(`nothing is called ${unknown.join(", ")}; there are ${possible.join(", ")}`);
const scenarios = SCENARIOS.filter((one) => !SCENARIOS.some((other) => words.includes(nameOf(other))) || words.includes(nameOf(one)));
const wanted = words.includes("page") ? [] : NAMES.filter((name) => !NAMES.some((other) => words.includes(other)) || words.includes(name));

if (wanted.length > 0) {
  const { INSTAR_LAB: lab, DOCKER_HOST: host } = process.env;
  if (lab === undefined || host !== `unix://${lab}/docker.sock`)
    throw new Error("the race is run on the lab's engine only: script/bench --peers");
  const docker = engineAt(host);
  await ensureTestImages(docker);
  for (const name of wanted) await race(name, docker, lab);
}
const results = read();
if (Object.keys(results).length === 0) throw new Error("nothing has been measured yet");
writeFileSync(PAGE, page(results));
writeFileSync(PLOT, plot(results));
for (const { claim, met, measured } of verdicts(results))
  console.log(`${met === null ? "–" : met ? "ok" : "NOT MET"}  ${claim}: ${measured}`);
process.exitCode = verdicts(results).every(({ met }) => met !== false) ? 0 : 1;

/** The scenarios by one of them, each kept as soon as it has been played. */
async function race(name: PeerName, docker: Docker, lab: string): Promise<void> {
  const peer = await PEERS[name](docker);
  const interrupted = (): void => {
    peer.close().then(
      () => process.exit(130),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    const versions = [
      ...peer.versions,
      `Docker Engine ${(await docker.version()).Version}`,
      await balancerVersion(),
      `Node ${process.version}`,
    ];
    const about = { machine: machine(), versions, recipe: peer.recipe, title: peer.title };
    // What is done once only, an image saved or a file read into memory, is no deployment's.
    await peer.up({ replicas: 1, stateful: false, polite: false });
    await peer.deploy("v2");
    await peer.settled();
    await peer.down();
    for (const scenario of scenarios) {
      const { rows, failedBefore } = await play(peer, scenario, docker, lab);
      const results = read();
      write({ ...results, [name]: withRows({ ...about, rows }, results[name]?.rows ?? [], SCENARIOS) });
      if (failedBefore > 0) console.error(`${name}: ${failedBefore} requests failed before the first deployment`);
      for (const row of rows) console.error(inWords(row));
    }
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    await peer.close();
  }
}

function inWords({ peer, shape, manner, traffic, move, ...row }: Row): string {
  const ratio = (row.totalMs / row.floorMs).toFixed(2);
  return `${peer} ${shape} ${manner} ${traffic} ${move}: ${row.failed} of ${row.requests} failed, slowest ${row.slowestMs} ms, ${Math.round(row.totalMs)} ms = ${ratio} × floor, first ${row.firstMs} ms, + ${Math.round(row.extraMb)} MB ${row.examples.join("; ")}`;
}

function machine(): string {
  return `${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
}

async function balancerVersion(): Promise<string> {
  const said = await command("run", "--rm", BALANCER_IMAGE, "haproxy", "-v");
  return `HAProxy ${/version (\d+\.\d+\.\d+)/.exec(said)?.[1] ?? "of an unknown version"}`;
}

function read(): Results {
  return existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, "utf8")) as Results) : {};
}

function write(results: Results): void {
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
}
