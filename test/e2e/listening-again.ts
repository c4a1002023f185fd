import { connect } from "node:net";
import type { Container } from "./containers.ts";
import type { Installation } from "./installation.ts";
import { until } from "./until.ts";

/**
 * When somebody takes connections at this published port again, after the router `before` was sent SIGKILL; ms since the epoch. It
 * goes on listening until the kernel has ended it, so the port alone does not tell that it has gone.
 */
export async function listeningAgain(instar: Installation, before: Container, port: number): Promise<number> {
  const isAnother = async (): Promise<boolean> => (await instar.router()).startedAt !== before.startedAt;
  await until("the router to be gone", async () => !(await takesConnections(port)) || (await isAnother()));
  await until("the router to listen again", () => takesConnections(port));
  const backAt = Date.now();
  await until("the router to run again", isAnother);
  return backAt;
}

/** Whether somebody takes connections there. */
export function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
