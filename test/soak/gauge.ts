import { readdirSync, readFileSync } from "node:fs";
import type { InstanceView, ServiceView } from "../../src/reconcile/control.ts";
import { type Container, INSTALLATION, instancesAmong, routersAmong } from "../e2e/containers.ts";
import type { Installation } from "../e2e/installation.ts";
import { pause, until } from "../e2e/until.ts";
import { workersOf } from "../e2e/workers.ts";
import { collect } from "./collect.ts";
import { type Member, unequal } from "./fleet.ts";
import type { Rest } from "./growth.ts";

const READINGS = 5;
const BETWEEN_MS = 1_000;
const PATIENCE_MS = 240_000;

/** Resident memory in MB and open file handles of the daemon, now. */
export function processNow(pid: number): { readonly memory: number; readonly handles: number } {
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  return { memory: kilobytes / 1024, handles: readdirSync(`/proc/${pid}/fd`).length };
}

interface Looked {
  readonly views: readonly InstanceView[];
  readonly services: readonly ServiceView[];
  readonly containers: readonly Container[];
}

async function look(instar: Installation): Promise<Looked> {
  const [views, services, containers] = await Promise.all([instar.instances(), instar.services(), instar.containers()]);
  return { views, services, containers };
}

/** What still moves or is not as it should be; empty at rest. */
function restless(fleet: readonly Member[], { views, services, containers }: Looked): readonly string[] {
  const routers = routersAmong(containers).filter(({ state }) => state === "running");
  const workers = routers.flatMap(({ pid }) => workersOf(pid));
  return [
    ...services.filter(({ deployment }) => deployment !== null).map((one) => `${one.stack}/${one.service}: ${one.deployment} runs`),
    ...fleet.flatMap((member) => unequal(member, views, containers)),
    ...(routers.length === 1 && workers.length === 1 ? [] : [`${routers.length} routers with ${workers.length} workers`]),
  ];
}

/** Waits until nothing moves and everything is as it should be, and reads what is there. `left`: what never came to rest. */
export async function rest(
  instar: Installation,
  fleet: readonly Member[],
): Promise<{ readonly rest: Rest; readonly left: readonly string[] }> {
  const limit = Date.now() + PATIENCE_MS;
  let looked = await until("the daemon and its router to answer", () => look(instar));
  let left = restless(fleet, looked);
  while (left.length > 0 && Date.now() < limit) {
    await pause(BETWEEN_MS);
    looked = await until("the daemon and its router to answer", () => look(instar));
    left = restless(fleet, looked);
  }
  const pid = instar.pid ?? 0;
  await collect(pid);
  const readings: { readonly memory: number; readonly handles: number }[] = [];
  for (let n = 0; n < READINGS; n++) {
    if (n > 0) await pause(BETWEEN_MS);
    readings.push(processNow(pid));
  }
  const filters = { label: [`${INSTALLATION}=${instar.id}`] };
  const evidence = looked.views.filter(({ phase }) => phase === "evidence").length;
  const wanted = fleet.reduce((sum, { replicas }) => sum + replicas, 0);
  return {
    left,
    rest: {
      at: Date.now(),
      life: pid,
      memory: Math.min(...readings.map(({ memory }) => memory)),
      handles: Math.min(...readings.map(({ handles }) => handles)),
      leftovers: instancesAmong(looked.containers).length - wanted - evidence,
      networks: (await instar.docker.listNetworks({ filters })).length,
      volumes: (await instar.docker.listVolumes({ filters })).Volumes.length,
      workers: routersAmong(looked.containers).flatMap((one) => workersOf(one.pid)).length,
    },
  };
}
