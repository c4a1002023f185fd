import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../entry.ts";
import { LANE } from "../lane.ts";
import { until } from "./until.ts";

const execute = promisify(execFile);

/** A Docker engine of the tests' own (script/lab), which they may restart and kill. */
export class Lab {
  readonly dockerHost: string;
  private readonly own: boolean;
  /** One for each lane, and so its folder and the second byte of its 10.x.0.0/16: two labs do not meet. */
  private readonly home: string;
  private readonly pool = 212 + 2 * LANE;

  /** @param home another folder: a lab that somebody else has started, in a block of its own (INSTAR_LAB_POOL, INSTAR_LAB_BRIDGE). */
  constructor(home?: string) {
    this.own = home === undefined;
    this.home = home ?? `/var/lib/instar-lab-e2e-${LANE + 1}`;
    this.dockerHost = `unix://${this.home}/docker.sock`;
  }

  async start(how: { liveRestore: boolean }): Promise<void> {
    await this.script("start", { INSTAR_LAB_LIVE_RESTORE: String(how.liveRestore) });
  }

  /** Its address pool, for the daemon that works on it. */
  get env(): Record<string, string> {
    return { INSTAR_POOL: `10.${this.pool}.0.0/16` };
  }

  /** Ends dockerd alone, as `systemctl restart docker` would. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const pid = Number(readFileSync(join(this.home, "dockerd.pid"), "utf8"));
    process.kill(pid, signal);
    await until("dockerd to end", () => !isAlive(pid));
  }

  async stop(): Promise<void> {
    await this.script("stop");
  }

  private async script(verb: string, more: Record<string, string> = {}): Promise<void> {
    const env = {
      ...process.env,
      INSTAR_LAB: this.home,
      ...(this.own ? { INSTAR_LAB_POOL: `10.${this.pool}.0.0/16`, INSTAR_LAB_BRIDGE: `10.${this.pool + 1}.0.1/24` } : {}),
      ...more,
    };
    await execute(join(ROOT, "script/lab"), [verb], { env });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
