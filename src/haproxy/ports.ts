import { setTimeout as sleep } from "node:timers/promises";
import { InstarError } from "../errors.ts";
import { listenersOf } from "../route/listeners.ts";
import type { RouterSettings, RouteTable } from "../route/types.ts";
import { listeningSockets, ownerOf } from "./listening.ts";

const CLOSING_MS = 2_000;
const LOOK_MS = 20;

export interface Foreign {
  readonly port: number;
  readonly by: string;
}

/** What is ours: the ports of the table in force, and whatever our own containers still listen on. */
export interface Ours {
  readonly ports: ReadonlySet<number>;
  readonly containers: readonly string[];
}

export const NOTHING_OURS: Ours = { ports: new Set(), containers: [] };

/** Of these ports, those that a process listens on which is not ours. */
export async function foreignListeners(ports: readonly number[], ours: Ours): Promise<readonly Foreign[]> {
  return (await others(ports, ours)).flatMap(({ port, by, own }) => (own ? [] : [{ port, by }]));
}

export function portsOf(table: RouteTable, settings: Pick<RouterSettings, "httpPort">): readonly number[] {
  return listenersOf(table, settings).map((listener) => listener.port);
}

/**
 * Raises INS4001 when one of the ports is taken. A worker of ours that has just given a port up may still be
 * closing it: that is waited for, and HAProxy asks it once more itself.
 */
export async function checkPorts(ports: readonly number[], ours: Ours): Promise<void> {
  const deadline = performance.now() + CLOSING_MS;
  for (;;) {
    const found = await others(ports, ours);
    const foreign = found.filter(({ own }) => !own);
    if (foreign.length > 0) throw new InstarError("INS4001", foreign.map(({ port, by }) => `port ${port} is taken by ${by}`).join(", "));
    if (found.length === 0 || performance.now() > deadline) return;
    await sleep(LOOK_MS);
  }
}

/** Listeners on these ports besides the table in force; `own`: in a container of ours. */
async function others(ports: readonly number[], ours: Ours): Promise<readonly (Foreign & { readonly own: boolean })[]> {
  const asked = new Set(ports.filter((port) => !ours.ports.has(port)));
  if (asked.size === 0) return [];
  const taken = new Map((await listeningSockets()).filter((socket) => asked.has(socket.port)).map((socket) => [socket.port, socket.inode]));
  return Promise.all(
    [...taken]
      .sort(([a], [b]) => a - b)
      .map(async ([port, inode]) => {
        const { name, cgroup } = await ownerOf(inode);
        return { port, by: name, own: ours.containers.some((id) => cgroup.includes(id)) };
      }),
  );
}
