import type { Command } from "../route/difference.ts";
import type { RouteTable, ServerState } from "../route/types.ts";

/** The backends a server is in: one for each port of its service. */
export function backendsOf(table: RouteTable, server: string): readonly string[] {
  return table.backends.filter((backend) => backend.servers.some((candidate) => candidate.name === server)).map((backend) => backend.name);
}

export function withState(table: RouteTable, server: string, state: ServerState): RouteTable {
  const backends = table.backends.map((backend) => ({
    ...backend,
    servers: backend.servers.map((candidate) => (candidate.name === server ? { ...candidate, state } : candidate)),
  }));
  return { ...table, backends };
}

/** How many servers and map entries a list of commands is about. */
export function countOf(commands: readonly Command[]): number {
  return new Set(commands.map((command) => command.about)).size;
}
