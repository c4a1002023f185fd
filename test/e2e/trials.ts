import { expect } from "vitest";
import { quantile } from "../load/report.ts";
import type { Installation } from "./installation.ts";
import { LONG } from "./size.ts";
import { pause, until } from "./until.ts";
import type { EngineWatch } from "./watch.ts";

export interface Counts {
  readonly redeploys: number;
  readonly rollbacks: number;
  /** kill -9 of the container's main process. */
  readonly kills: number;
  /** kill -9 of the daemon in the middle of a deployment. */
  readonly daemonKills: number;
}

/** A service with one instance and one volume, and what happens to it while a client works with it. */
export interface Trial {
  readonly instar: Installation;
  readonly watch: EngineWatch;
  readonly stack: string;
  readonly service: string;
  /** The mounted path of its data. */
  readonly path: string;
  /** The stack file; another generation is another environment. */
  readonly file: (generation: number) => object;
  readonly counts: Counts;
}

/** Work between two events: the client is to have written something on every instance. */
const BETWEEN_MS = 300;
/** Of create, drain, cut, stop, start, …: its clients are cut and it still runs; it has stopped and nothing runs. */
const POINTS = ["3", "before:5"];

/** All of it, one after another; after each event one instance serves, on the same volume. Returns that volume's name. */
export async function undergo(trial: Trial): Promise<string> {
  const { instar, counts } = trial;
  const name = `${trial.stack}/${trial.service}`;
  const volume = await volumeOf(trial);
  const then = async (what: string): Promise<void> => {
    expect(await volumeOf(trial), `the volume after ${what}`).toBe(volume);
    await pause(BETWEEN_MS);
  };
  for (let n = 1; n <= counts.redeploys; n++) {
    if (n % 3 === 1) {
      const { code, deployments, stderr } = await instar.apply(trial.stack, trial.file(n));
      expect([code, deployments.map(({ outcome }) => outcome)], stderr).toEqual([0, ["succeeded"]]);
    } else await instar.moved(n % 3 === 2 ? "redeploy" : "recycle", name);
    await then(`redeploy ${n}`);
  }
  for (let n = 1; n <= counts.rollbacks; n++) {
    await instar.moved("rollback", name);
    await then(`rollback ${n}`);
  }
  for (let n = 1; n <= counts.kills; n++) {
    await killInstance(trial);
    await then(`kill ${n} of the instance`);
  }
  for (let n = 1; n <= counts.daemonKills; n++) {
    await killDaemon(trial, POINTS[(n - 1) % POINTS.length] ?? "3");
    await then(`kill ${n} of the daemon`);
  }
  return volume;
}

async function killInstance({ instar, service }: Trial): Promise<void> {
  const [victim] = await instar.running(service);
  if (victim === undefined) throw new Error(`${service} does not run`);
  process.kill(victim.pid, "SIGKILL");
  await until(`another instance of ${service} to serve, alone`, async () => {
    const views = (await instar.instances()).filter((one) => one.service === service);
    return views.length === 1 && views[0]?.phase === "serving" && views[0].name !== victim.name;
  });
}

async function killDaemon({ instar, stack, service }: Trial, point: string): Promise<void> {
  await instar.kill();
  await instar.up(point);
  await instar.ask(`/v1/stacks/${stack}/services/${service}/redeploy`, "POST", {});
  await until(`the daemon to die at ${point}`, () => !instar.alive);
  await instar.up();
  const ended = await until("its deployment to end", async () => {
    const latest = await instar.latest(`${stack}/${service}`);
    return latest.outcome !== "running" && latest;
  });
  expect(ended.outcome, `killed at ${point}: ${ended.reason}`).toBe("succeeded");
}

/** The one volume that the one running instance mounts at the path. */
async function volumeOf({ instar, service, path }: Trial): Promise<string> {
  const running = await instar.running(service);
  expect(running.map(({ name }) => name)).toHaveLength(1);
  const { Mounts } = await instar.docker.getContainer(running[0]?.id ?? "").inspect();
  const volumes = Mounts.filter(({ Type }) => Type === "volume");
  expect(volumes.map(({ Destination }) => Destination)).toEqual([path]);
  return volumes[0]?.Name ?? "none";
}

/** By the engine's own record: each life ends before the next one begins. Returns how many there were. */
export function expectOneAtATime({ watch, stack, service }: Pick<Trial, "watch" | "stack" | "service">): number {
  const moments = watch.moments.filter(({ action, name }) => ["start", "die"].includes(action) && name.startsWith(`${stack}-${service}-`));
  const running = new Set<string>();
  let lives = 0;
  for (const { action, id, name } of [...moments].sort((a, b) => a.at - b.at)) {
    if (action === "die") running.delete(id);
    else {
      expect([...running], `running when ${name} started`).toEqual([]);
      running.add(id);
      lives++;
    }
  }
  return lives;
}

/** The pauses that the deployments' records tell of. */
export async function pausesInWords({ instar, stack, service }: Pick<Trial, "instar" | "stack" | "service">): Promise<string> {
  const { deployments } = await instar.history(`${stack}/${service}`);
  const all = deployments.flatMap(({ pauses }) => pauses.map(({ ms }) => ms)).sort((a, b) => a - b);
  return `${deployments.length} deployments recorded ${all.length} pauses, median ${quantile(all, 0.5)} ms, longest ${all.at(-1) ?? 0} ms`;
}

/** The whole claim with INSTAR_LONG set, else what a run of every suite has time for. */
export const counted = (long: Counts, short: Counts): Counts => (LONG ? long : short);
