import { once } from "node:events";
import { createServer } from "node:net";
import { InstarError } from "../errors.ts";

/** Linux refuses a longer sun_path at 108; containers and backups add prefixes. */
const SOCKET_PATH_LIMIT = 100;

/** `port` 0 takes a free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * `127.0.0.1:7080`, `[::1]:7080`, `:7080` (loopback) or `7080`; null, the socket alone, stays null. Raises INS2001 for an address that
 * is none, INS7003 for a socket whose path is too long.
 */
export function parsePlace(place: { readonly socket: string; readonly address: string | null }): Address | null {
  const { socket, address } = place;
  const length = Buffer.byteLength(socket);
  if (length > SOCKET_PATH_LIMIT) throw new InstarError("INS7003", `the socket path has ${length} bytes: ${socket}`);
  if (address === null) return null;
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(address);
  const port = Number(match?.[2]);
  if (match === null || port > 65535) {
    throw new InstarError("INS2001", `the listen address ${JSON.stringify(address)} is not host:port`, {
      hint: "write INSTAR_LISTEN or --listen as 127.0.0.1:7080, or none for the socket alone",
    });
  }
  return { host: (match[1] ?? "").replace(/^\[|\]$/g, "") || "127.0.0.1", port };
}

/** Listens there for an instant: a daemon finds out before it acts that it could not be asked. Raises INS7004. */
export async function tryAddress(address: Address): Promise<void> {
  const trial = createServer((asked) => asked.destroy());
  trial.listen(address);
  await once(trial, "listening").catch((error: unknown) => {
    throw unusable(address, error);
  });
  trial.close();
  await once(trial, "close");
}

export function unusable({ host, port }: Address, cause: unknown): InstarError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = code === "EADDRINUSE" ? "another program listens there" : message;
  return new InstarError("INS7004", `${host}:${port} cannot be used: ${why}`, { cause });
}
