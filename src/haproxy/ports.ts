import { InstarError } from "../errors.ts";
import { listenersOf } from "../route/listeners.ts";
import type { RouterSettings, RouteTable } from "../route/types.ts";
import { listeningSockets, ownerOf } from "./listening.ts";

export interface Foreign {
  readonly port: number;
  readonly by: string;
}

/** Of these ports, those that something listens on which is not in `ours`. */
export async function foreignListeners(ports: readonly number[], ours: ReadonlySet<number>): Promise<readonly Foreign[]> {
  const asked = new Set(ports.filter((port) => !ours.has(port)));
  if (asked.size === 0) return [];
  const taken = new Map((await listeningSockets()).filter((socket) => asked.has(socket.port)).map((socket) => [socket.port, socket.inode]));
  return Promise.all([...taken].sort(([a], [b]) => a - b).map(async ([port, inode]) => ({ port, by: await ownerOf(inode) })));
}

export function portsOf(table: RouteTable, settings: Pick<RouterSettings, "httpPort">): readonly number[] {
  return listenersOf(table, settings).map((listener) => listener.port);
}

/** Raises INS4001 when a port that `to` adds is taken. */
export async function checkPorts(ports: readonly number[], ours: ReadonlySet<number>): Promise<void> {
  const foreign = await foreignListeners(ports, ours);
  if (foreign.length === 0) return;
  const each = foreign.map(({ port, by }) => `port ${port} is taken by ${by}`);
  throw new InstarError("INS4001", each.join(", "));
}
