import { join } from "node:path";
import { InstarError } from "../errors.ts";
import type { RouterSettings } from "../route/types.ts";
import { Master } from "./master.ts";

/** Where the container sees $INSTAR_HOME/router. */
export const MOUNT = "/router";

/** sun_path holds 108 bytes; a margin for what HAProxy appends while it binds. */
const SOCKET_BYTES = 100;

/** One router container: its number, its files on the host, its sockets. */
export interface Generation {
  readonly number: number;
  readonly container: string;
  readonly directory: string;
  readonly settings: RouterSettings;
  readonly master: Master;
}

/** `router/g3` under the home. Raises INS7003 when its sockets' paths would be too long. */
export function generationDirectory(home: string, number: number): string {
  const directory = join(home, "router", `g${number}`);
  const socket = join(directory, "master.sock");
  if (Buffer.byteLength(socket) >= SOCKET_BYTES) throw new InstarError("INS7003", `${socket} is longer than ${SOCKET_BYTES} bytes`);
  return directory;
}

export function runDirectory(number: number): string {
  return `${MOUNT}/g${number}`;
}

export function generation(home: string, number: number, container: string, settings: RouterSettings): Generation {
  const directory = generationDirectory(home, number);
  return { number, container, directory, settings, master: new Master(join(directory, "master.sock")) };
}
