import { createServer } from "node:net";
import { LANE } from "../lane.ts";

/** Below the kernel's ephemeral range, so that no client's source port can be in the way; each lane has its own. */
const COUNT = 5_000;
const FIRST = 20_000 + (LANE % 2) * COUNT;
const given = new Set<number>();

/** A TCP port of loopback and of every address that nobody listens on, never given twice by this process. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error("no free port found");
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "::", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Listens on every address until closed: somebody else who has the port. */
export async function occupy(port: number): Promise<() => Promise<void>> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "0.0.0.0", resolve);
  });
  return () => new Promise((resolve) => server.close(() => resolve()));
}
