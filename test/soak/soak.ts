import { stringify } from "yaml";
import { Installation } from "../e2e/installation.ts";
import { freePort } from "../e2e/ports.ts";
import { pause, until } from "../e2e/until.ts";
import { startBroadLoad } from "../load/broad.ts";
import { Random } from "../simulation/random.ts";
import { judgeGaps, judgeLosses, type Lost } from "./allowed.ts";
import { actFrom, perform } from "./deeds.ts";
import { type Disturbance, disturb } from "./disturb.ts";
import { fileOf, fleetOf, type Member, stacksOf, wasApplied } from "./fleet.ts";
import { processNow, rest } from "./gauge.ts";
import { judgeGrowth, type Rest } from "./growth.ts";
import { lossInWords, type SoakReport } from "./report.ts";
import type { Scene } from "./scene.ts";

export interface SoakOptions {
  readonly minutes: number;
  readonly services: number;
  readonly seed: number;
  /** Requests a second over all services. */
  readonly rate: number;
  readonly say: (line: string) => void;
  /** Ends it before its time; its reason is raised. */
  readonly signal?: AbortSignal;
}

const MINUTE_MS = 60_000;
/** Between two rests. */
const STRETCH_MINUTES = 10;
/** The daemon's memory is judged over one life: in the first third it is killed, then it lives. */
const KILLING = 1 / 3;
/** Docker doubles its pause before a restart when the last one is not 10 s past. */
const DISTURB_MS = { least: 12_000, most: 120_000 };
const SAY_MS = 10_000;
const WITH_KILLS: readonly Disturbance[] = ["daemon", "haproxy", "daemon", "replace", "worker"];
const WITHOUT: readonly Disturbance[] = ["worker", "haproxy", "replace"];

/** One whole run on the engine of DOCKER_HOST; everything it made is removed in the end. Raises what its signal is aborted with. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { signal } = options;
  const instar = await Installation.start();
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  try {
    // While it began nobody listened.
    signal?.throwIfAborted();
    return await Promise.race([deployed(options, instar), aborted]);
  } finally {
    await instar.wipe();
  }
}

async function deployed(options: SoakOptions, instar: Installation): Promise<SoakReport> {
  const { services, say } = options;
  const ports: number[] = [];
  for (let n = 0; n < services; n++) ports.push(await freePort());
  const fleet = fleetOf(services, ports);
  say(`deploying ${services} services in ${stacksOf(fleet).length} stacks`);
  for (const stack of stacksOf(fleet)) {
    const { code, stderr, deployments } = await instar.apply(stack, fileOf(fleet, stack));
    if (code !== 0) throw new Error(`the first up of ${stack} ended with ${code}: ${stderr} ${JSON.stringify(deployments)}`);
    for (const { service, to } of deployments) for (const one of fleet) if (one.service === service) wasApplied(one, to);
  }
  return await undergo(options, instar, fleet);
}

async function undergo(options: SoakOptions, instar: Installation, fleet: readonly Member[]): Promise<SoakReport> {
  const { minutes, services, seed, rate, say } = options;
  const targets = fleet.map(({ name, port }) => ({ service: name, url: `http://127.0.0.1:${port}`, app: name }));
  const startedAt = Date.now();
  const load = await startBroadLoad({ targets, rate, slowMs: 800, timeoutMs: 60_000 });
  const scene: Scene = { instar, fleet, load, incidents: [], absences: [], deeds: [], faults: [], say };
  const rests: Rest[] = [];
  const told = new Set<string | Lost>();
  const progress = setInterval(() => {
    say(inOneLine(scene, startedAt));
    // Told at once: a run that is broken off has no report.
    for (const one of [...scene.faults, ...judgeLosses(load.lost, scene.incidents, scene.absences).unexplained]) {
      if (told.has(one)) continue;
      told.add(one);
      say(`not explained so far: ${typeof one === "string" ? one : lossInWords(one, { ...scene, startedAt }).join("\n")}`);
    }
  }, SAY_MS);
  const settle = async (when: string): Promise<void> => {
    const { rest: found, left } = await rest(instar, fleet);
    rests.push(found);
    if (left.length > 0) scene.faults.push(...left.map((line) => `${when}: never came to rest: ${line}`));
    say(`${when}: at rest with ${found.memory.toFixed(0)} MB, ${found.handles} handles`);
  };
  try {
    await settle("start");
    const stretches = Math.max(2, Math.round(minutes / STRETCH_MINUTES));
    for (let n = 1; n <= stretches; n++) {
      const kills = (n - 1) / stretches < KILLING;
      await stretch(scene, { n, ms: (minutes * MINUTE_MS) / stretches, seed, disturbances: kills ? WITH_KILLS : WITHOUT });
      // Before a rest, so that the daemon has the same behind it at every one: a daemon that was just started is small.
      await lastFile(scene);
      await settle(`after stretch ${n} of ${stretches}`);
    }
  } finally {
    clearInterval(progress);
  }
  await load.stop();
  const { total, slowestMs, lagMs } = load.progress;
  const losses = judgeLosses(load.lost, scene.incidents, scene.absences);
  return {
    ...{ seed, minutes, services, rate, startedAt, endedAt: Date.now(), requests: total, failed: load.lost.length, slowestMs, lagMs },
    ...{
      ...losses,
      ...{ gaps: judgeGaps(scene.incidents, load.late) },
      incidents: scene.incidents,
      deeds: scene.deeds,
      faults: scene.faults,
      rests,
      growth: judgeGrowth(rests, services),
    },
  };
}

interface Stretch {
  readonly n: number;
  readonly ms: number;
  readonly seed: number;
  readonly disturbances: readonly Disturbance[];
}

/** Several people at work, each on a service of a stack of their own choice, and somebody at the daemon and the router. */
async function stretch(scene: Scene, { n, ms, seed, disturbances }: Stretch): Promise<void> {
  const end = Date.now() + ms;
  // A file is applied for a whole stack: it would overtake what somebody else does to another service of it.
  const busy = new Set<string>();
  const people = Math.min(stacksOf(scene.fleet).length, Math.max(2, Math.min(4, Math.round(scene.fleet.length / 10))));
  const work = async (who: number): Promise<void> => {
    const chance = new Random(seed * 1_000 + n * 10 + who);
    while (Date.now() < end) {
      const free = scene.fleet.filter(({ stack }) => !busy.has(stack));
      const member = free[chance.whole(0, free.length - 1)];
      if (member === undefined) throw new Error("every stack is busy");
      busy.add(member.stack);
      try {
        await perform(scene, member, actFrom(chance), chance);
      } catch (error) {
        scene.faults.push(`${member.name}: ${String(error).slice(0, 500)}`);
      } finally {
        busy.delete(member.stack);
      }
      await pause(chance.whole(100, 1_500));
    }
  };
  const trouble = async (): Promise<void> => {
    const chance = new Random(seed * 1_000 + n * 10 + 9);
    const every = Math.min(DISTURB_MS.most, Math.max(DISTURB_MS.least, ms / disturbances.length));
    for (let turn = 0; ; turn++) {
      await pause(every * (0.75 + chance.next() / 2));
      if (Date.now() >= end) return;
      await disturb(scene, disturbances[(turn + n - 1) % disturbances.length] ?? "worker", chance);
    }
  };
  await Promise.all([...Array.from({ length: people }, (_, who) => work(who)), trouble()]);
}

/** The files as they should be by now, applied once more: afterwards a plan has nothing to do. */
async function lastFile({ instar, fleet, faults }: Scene): Promise<void> {
  await until("the daemon and its router to answer", () => instar.instances());
  for (const stack of stacksOf(fleet)) {
    const file = instar.file(stack, stringify(fileOf(fleet, stack)));
    const {
      code: exit,
      stderr: said,
      deployments,
    } = await instar.deployments("up", "-f", file, "--stack", stack, "--unpin", "--force-file");
    for (const { id, service, outcome, reason, to } of deployments) {
      if (outcome === "succeeded") for (const one of fleet) if (one.service === service) wasApplied(one, to);
      if (outcome !== "succeeded" && outcome !== "unchanged")
        faults.push(`the last file of ${stack}/${service} (${id}) ${outcome}: ${reason}`);
    }
    if (exit !== 0) faults.push(`the last file of ${stack}: exit code ${exit}: ${said.slice(-500)}`);
    // Exit code 2: there is something to do.
    const { code, stdout, stderr } = await instar.run("plan", "-f", file, "--stack", stack, "--json");
    if (code !== 0) faults.push(`${stack} is not equal to its last file (exit ${code}): ${stderr.slice(-500)} ${stdout.slice(0, 1_000)}`);
  }
}

function inOneLine({ load, deeds, faults, instar, incidents, absences }: Scene, startedAt: number): string {
  const { total, failed } = load.progress;
  const { unexplained } = judgeLosses(load.lost, incidents, absences);
  const memory = instar.pid === null ? "down" : `${processNow(instar.pid).memory.toFixed(0)} MB`;
  const minutes = ((Date.now() - startedAt) / MINUTE_MS).toFixed(1);
  return `${minutes} min: ${total} requests, ${failed} lost (${unexplained.length} unexplained), ${deeds.length} deeds, ${faults.length} faults, daemon ${memory}`;
}
