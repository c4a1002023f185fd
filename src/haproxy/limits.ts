import { InstarError } from "../errors.ts";

/** Files besides connections: listeners, checks, sockets of the runtime, a reload's hand-over. */
const SPARE_FILES = 1_000;
const MOST_CONNECTIONS = 40_000;
const FEWEST_CONNECTIONS = 100;

/**
 * HAProxy leaves at start when it cannot have two files for each connection (client and server side).
 * `files` is the hard limit inside the container. Raises INS4004 when too few are left.
 */
export function maxconnFor(files: number): number {
  const connections = Math.min(MOST_CONNECTIONS, Math.floor((files - SPARE_FILES) / 2));
  if (connections < FEWEST_CONNECTIONS)
    throw new InstarError("INS4004", `the router container gets ${files} files, too few to serve connections`);
  return connections;
}

/** `HAProxy version 3.0.11-1+deb13u3 2026/05/20` → refuses what is older than 3.0 with INS4004. */
export function checkVersion(said: string, image: string): string {
  const found = /HA-?Proxy version ((\d+)\.\d+\S*)/.exec(said);
  if (found === null) throw new InstarError("INS4004", `${image} does not answer to haproxy -v: ${said.trim().slice(0, 200)}`);
  if (Number(found[2]) < 3) throw new InstarError("INS4004", `${image} has HAProxy ${found[1]}`);
  return found[1] ?? "";
}
