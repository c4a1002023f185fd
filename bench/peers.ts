/**
 * The race against the peers: the same image, load and machine, one after the other. Names on the command line choose
 * (instar swarm compose docker); `page` only writes the page again. What is measured replaces the part of that name in
 * bench/peers.json, and docs/benchmarks.md and .svg are made from the whole of it.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
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
import type { Part, Results, Row } from "./peers/row.ts";
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
const unknown = words.filter((word) => word !== "page" && !NAMES.some((name) => name === word));
if (unknown.length > 0) throw new Error(`nobody is called ${unknown.join(", ")}; there are ${NAMES.join(", ")}, and page`);
const wanted = words.length === 0 ? NAMES : NAMES.filter((name) => words.includes(name));

if (wanted.length > 0) {
  const { INSTAR_LAB: lab, DOCKER_HOST: host } = process.env;
  if (lab === undefined || host !== `unix://${lab}/docker.sock`)
    throw new Error("the race is run on the lab's engine only: script/bench --peers");
  const docker = engineAt(host);
  await ensureTestImages(docker);
  for (const name of wanted) write({ ...read(), [name]: await race(name, docker, lab) });
}
const results = read();
writeFileSync(PAGE, page(results));
writeFileSync(PLOT, plot(results));
for (const { claim, met, measured } of verdicts(results))
  console.log(`${met === null ? "–" : met ? "ok" : "NOT MET"}  ${claim}: ${measured}`);
process.exitCode = verdicts(results).every(({ met }) => met !== false) ? 0 : 1;

/** All the scenarios by one of them. */
async function race(name: PeerName, docker: Docker, lab: string): Promise<Part> {
  const load = loadavg()[0] ?? 0;
  const at = new Date().toISOString();
  const peer = await PEERS[name](docker);
  const rows: Row[] = [];
  let lagMs = 0;
  try {
    // What is done once only, an image saved or a file read into memory, is no deployment's.
    await peer.up({ replicas: 1, stateful: false, polite: false });
    await peer.deploy("v2");
    await peer.settled();
    await peer.down();
    for (const scenario of SCENARIOS) {
      const played = await play(peer, scenario, docker, lab);
      rows.push(...played.rows);
      lagMs = Math.max(lagMs, played.lagMs);
      if (played.failedBefore > 0) console.error(`${name}: ${played.failedBefore} requests failed before the first deployment`);
      for (const row of played.rows) console.error(inWords(row));
    }
  } finally {
    await peer.close();
  }
  const versions = [
    ...peer.versions,
    `Docker Engine ${(await docker.version()).Version}`,
    await balancerVersion(),
    `Node ${process.version}`,
  ];
  return { at, load, lagMs, machine: machine(), versions, recipe: peer.recipe, title: peer.title, rows };
}

function inWords({ peer, shape, manner, traffic, move, ...row }: Row): string {
  const ratio = (row.totalMs / row.floorMs).toFixed(2);
  return `${peer} ${shape} ${manner} ${traffic} ${move}: ${row.failed} of ${row.requests} failed, slowest ${row.slowestMs} ms, ${Math.round(row.totalMs)} ms = ${ratio} × floor, first ${row.firstMs} ms, + ${Math.round(row.extraMb)} MB ${row.examples.join("; ")}`;
}

const machine = (): string => `${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB`;

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
