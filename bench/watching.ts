import { readFileSync } from "node:fs";
import type { Installation } from "../test/e2e/installation.ts";
import { pause, until } from "../test/e2e/until.ts";
import { cpuSeconds } from "./daemon.ts";
import type { Figure } from "./figure.ts";

const INSTANCES = Number(process.env.INSTAR_WATCHED ?? 200);
const SETTLE_MS = 12_000;
const MEASURE_MS = 40_000;

/**
 * What watching costs: the daemon with 200 sleeping instances under `detect`, less the same daemon with the same instances under
 * `off`, on the real engine. The engine's own work for it (inspects, once a minute each) is not the daemon's and is told beside it.
 */
export async function watchingFigures(instar: Installation): Promise<readonly Figure[]> {
  const sleeper = { image: "instar/base:node24", command: ["sleep", "1000000"], init: true, restart: "always", stop_grace_period: "1s" };
  const deploy = { replicas: INSTANCES, update_config: { parallelism: 8 } };
  // The policy is no part of an instance: the same containers are watched, and then not.
  const under = (immutable: string): Promise<unknown> =>
    instar.apply("watched", { services: { sleeper: { ...sleeper, deploy, "x-instar": { immutable } } } });
  const cost = async (immutable: string): Promise<Cost> => {
    await under(immutable);
    await until("all to run", async () => (await instar.running("sleeper")).length === INSTANCES, 600_000);
    // A fresh process: what making two hundred instances left behind in memory is nobody's watch.
    await instar.kill("SIGTERM");
    await instar.up();
    await pause(SETTLE_MS);
    return costOf(instar);
  };
  const detect = await cost("detect");
  const off = await cost("off");
  await instar.json("down", "watched");
  const from = {
    ...{ "core % off": off.core, "core % detect": detect.core, "MB off": off.mb, "MB detect": detect.mb },
    ...{ "engine core % off": off.engine, "engine core % detect": detect.engine },
  };
  return [
    { name: `watching ${INSTANCES} instances, one core more`, value: detect.core - off.core, unit: "%", atMost: 2, from },
    { name: `watching ${INSTANCES} instances, resident memory more`, value: detect.mb - off.mb, unit: "MB", atMost: 40, from: {} },
  ];
}

interface Cost {
  readonly core: number;
  readonly mb: number;
  readonly engine: number;
}

async function costOf(instar: Installation): Promise<Cost> {
  const pid = instar.pid ?? 0;
  const engine = Number(readFileSync(`${process.env.INSTAR_LAB ?? "/var/lib/instar-test"}/dockerd.pid`, "utf8"));
  const before = [cpuSeconds(pid), cpuSeconds(engine)];
  await pause(MEASURE_MS);
  const [own = 0, engines = 0] = [cpuSeconds(pid), cpuSeconds(engine)].map((now, index) => now - (before[index] ?? 0));
  const mb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
  const share = (seconds: number): number => (seconds / (MEASURE_MS / 1000)) * 100;
  return { core: share(own), mb, engine: share(engines) };
}
