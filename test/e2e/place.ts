import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Gives a daemon beside the lab's engine the share of the CPU that systemd would give it, where script/lab has placed the engine
 * and the containers so (it says why).
 */
export function place(pid: number | undefined, dockerHost: string | undefined): void {
  const socket = /^unix:\/\/(.*)$/.exec(dockerHost ?? "")?.[1];
  if (pid === undefined || socket === undefined) return;
  const named = join(dirname(socket), "cgroup");
  if (existsSync(named)) writeFileSync(join(readFileSync(named, "utf8").trim(), "daemon/cgroup.procs"), String(pid));
}
