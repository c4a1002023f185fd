import { writeFileSync } from "node:fs";
import { killHaproxy } from "../e2e/kill-haproxy.ts";
import type { Lab } from "../e2e/lab.ts";
import { pause } from "../e2e/until.ts";
import type { Fault } from "./cells.ts";
import { standing, told } from "./looking.ts";
import { type Scene, SERVICE } from "./scene.ts";
import type { Standing } from "./seen.ts";

/** How long a disk is full, a store read-only, an engine down. */
const LASTS_MS = 3000;
const DOWN_MS = 1000;
const HOUR_MS = 3_600_000;

/** What the fault is done to: the daemon stands still at the step. */
export interface Struck {
  readonly scene: Scene;
  readonly lab: Lab;
  readonly pid: number;
  readonly deployment: string;
  /** The revision that comes. */
  readonly to: number;
}

/** What came of it: when it struck, or why it could not. */
export interface Strike {
  readonly at: number;
  readonly notRun: string | null;
  /** Only where the daemon was killed. */
  readonly resumed: { readonly before: Standing; readonly dead: Standing; readonly after: Standing } | null;
  /** Only where HAProxy was: when the published port took connections again. */
  readonly backAt: number | null;
}

const struckAt = (at: number, more: Partial<Strike> = {}): Strike => ({ at, notRun: null, resumed: null, backAt: null, ...more });

/** Strikes, lets the daemon go on, and mends what a person would mend. */
export async function strike(fault: Fault, struck: Struck): Promise<Strike> {
  const { scene, lab, pid } = struck;
  const goOn = (): boolean => process.kill(pid, "SIGCONT");
  const at = Date.now();
  switch (fault) {
    case "daemon":
      return killed(struck);
    case "haproxy": {
      const router = await scene.instar.router();
      const { killedAt, listening } = killHaproxy(router, "master", scene.port);
      goOn();
      return struckAt(killedAt, { backAt: await listening });
    }
    case "dockerd":
    case "dockerd-cold":
      await lab.end("SIGKILL");
      goOn();
      await pause(DOWN_MS);
      await lab.start({ liveRestore: fault === "dockerd" });
      return struckAt(at);
    case "old-instance":
    case "new-instance": {
      const side = fault === "old-instance" ? "old" : "new";
      const running = (await scene.instar.running("web")).filter(({ revision }) => (revision === struck.to) === (side === "new"));
      const victim = running.at(-1);
      if (victim === undefined) {
        goOn();
        return struckAt(at, { notRun: `no instance of the ${side} revision runs at this step` });
      }
      const killedAt = Date.now();
      process.kill(victim.pid, "SIGKILL");
      goOn();
      return struckAt(killedAt);
    }
    case "disk-full":
      scene.disk.fill();
      goOn();
      await pause(LASTS_MS);
      scene.disk.clear();
      return struckAt(at);
    case "read-only":
      scene.disk.protect(true);
      goOn();
      await pause(LASTS_MS);
      scene.disk.protect(false);
      return struckAt(at);
    case "clock-forward":
    case "clock-back":
      writeFileSync(scene.clock, String(fault === "clock-forward" ? HOUR_MS : -HOUR_MS));
      process.kill(pid, "SIGUSR2");
      goOn();
      return struckAt(at);
    default:
      return fault satisfies never;
  }
}

async function killed({ scene, deployment }: Struck): Promise<Strike> {
  const { instar } = scene;
  const before = await standing(instar, deployment);
  const at = Date.now();
  await instar.kill();
  const dead = await standing(instar, deployment);
  await instar.up();
  return struckAt(at, { resumed: { before, dead, after: await told(instar, await instar.latest(SERVICE)) } });
}
