import { InstarError } from "../errors.ts";
import { AGAIN } from "../route/server.ts";
import type { Server, ServerState } from "../route/types.ts";

/** A worker as `show proc` of the master lists it. */
export interface Worker {
  readonly pid: number;
  /** True once a newer worker has taken over and this one only finishes what it has. */
  readonly old: boolean;
  /** Reloads it has lived through: the highest is the oldest. */
  readonly reloads: number;
}

/** `show proc` (management guide 9.4.1). Empty when no worker is up yet. */
export function parseWorkers(answer: string): readonly Worker[] {
  const workers: Worker[] = [];
  let old = false;
  for (const line of answer.split("\n")) {
    if (line.startsWith("# ")) old = line.startsWith("# old workers");
    const [pid, type, reloads] = line.trim().split(/\s+/);
    if (type === "worker") workers.push({ pid: Number(pid), old, reloads: Number(reloads) });
  }
  return workers;
}

/** Sessions on one server in one worker. */
export interface Stat {
  readonly backend: string;
  readonly server: string;
  readonly sessions: number;
  readonly status: string;
}

/** `show stat … 4 …`: CSV with the names of the columns after `# `. Raises INS4002 when that line is missing. */
export function parseStats(answer: string): readonly Stat[] {
  const [head, ...rows] = answer.split("\n").filter((line) => line !== "");
  if (head === undefined || !head.startsWith("# pxname,"))
    throw new InstarError("INS4002", `the router answers no statistics: ${answer.slice(0, 200)}`);
  const columns = head.slice(2).split(",");
  const [backend, server, sessions, status] = ["pxname", "svname", "scur", "status"].map((name) => columns.indexOf(name)) as [
    number,
    number,
    number,
    number,
  ];
  return rows.map((row) => {
    const cells = row.split(",");
    return { backend: cells[backend] ?? "", server: cells[server] ?? "", sessions: Number(cells[sessions]), status: cells[status] ?? "" };
  });
}

const FORCED_MAINTENANCE = 0x01;
const FORCED_DRAIN = 0x08;

/** `show servers state` (management guide 9.3), version 1 of its format: backend → servers, without the router's own. */
export function parseServers(answer: string): ReadonlyMap<string, readonly Server[]> {
  const lines = answer.split("\n").filter((line) => line !== "");
  if (lines[0] !== "1") throw new InstarError("INS4002", `the router answers no server states: ${answer.slice(0, 200)}`);
  const columns = (lines[1] ?? "").replace(/^# /, "").split(" ");
  const at = (name: string): number => columns.indexOf(name);
  const backends = new Map<string, Server[]>();
  for (const line of lines.slice(2)) {
    const cells = line.split(" ");
    const cell = (name: string): string => cells[at(name)] ?? "";
    const servers = backends.get(cell("be_name")) ?? [];
    backends.set(cell("be_name"), servers);
    if (cell("srv_name") === AGAIN) continue;
    servers.push({
      name: cell("srv_name"),
      address: cell("srv_addr"),
      port: Number(cell("srv_port")),
      weight: Number(cell("srv_uweight")),
      state: stateOf(Number(cell("srv_admin_state"))),
    });
  }
  return backends;
}

function stateOf(admin: number): ServerState {
  if ((admin & FORCED_MAINTENANCE) !== 0) return "maint";
  return (admin & FORCED_DRAIN) !== 0 ? "drain" : "ready";
}

/** `show map`: `0xADDRESS key value` a line. */
export function parseMap(answer: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const line of answer.split("\n")) {
    const [reference, key, value] = line.split(" ");
    if (reference?.startsWith("0x") && key !== undefined && value !== undefined) entries.set(key, value);
  }
  return entries;
}

/** One line of `show sess`. */
export interface Session {
  readonly id: string;
  readonly backend: string;
  readonly server: string;
}

/** `show sess`: `0xADDRESS: proto=… be=… srv=… …` a line. */
export function parseSessions(answer: string): readonly Session[] {
  return answer.split("\n").flatMap((line) => {
    const found = /^(0x[0-9a-f]+): .*? be=(\S+) srv=(\S+) /.exec(line);
    return found === null ? [] : [{ id: found[1] ?? "", backend: found[2] ?? "", server: found[3] ?? "" }];
  });
}

/** `reload` of the master: did the new worker start, and what was said. */
export function parseReload(answer: string): { readonly success: boolean; readonly said: string } {
  const [first, , ...said] = answer.split("\n");
  return { success: first === "Success=1", said: said.filter((line) => /ALERT|WARNING/.test(line)).join("; ") || answer.trim() };
}
