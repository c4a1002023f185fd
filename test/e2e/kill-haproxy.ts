import { existsSync } from "node:fs";
import { connect } from "node:net";
import type { Container } from "./containers.ts";
import { until } from "./until.ts";
import { childrenOf, masterOf } from "./workers.ts";

/**
 * Sends SIGKILL to the router's master or its worker, and tells when a published port took connections again; ms since the epoch.
 * It goes on listening until the kernel has ended it, and another may listen beside it by then: the port alone does not tell.
 */
export function killHaproxy(
  { pid }: Container,
  what: "master" | "worker",
  port: number,
): { readonly killedAt: number; readonly listening: Promise<number> } {
  const master = masterOf(pid);
  const workers = childrenOf(master).map(Number);
  const killedAt = Date.now();
  process.kill(what === "master" ? master : Number(workers[0]), "SIGKILL");
  const listening = async (): Promise<number> => {
    await until("HAProxy to be gone", () => ![master, ...workers].some((one) => existsSync(`/proc/${one}`)));
    await until("HAProxy to listen again", () => takesConnections(port));
    return Date.now();
  };
  return { killedAt, listening: listening() };
}

/** Whether somebody takes connections there. */
function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
