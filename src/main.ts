import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { createApi } from "./api/server.ts";
import type { ServerOptions } from "./cli/cli.ts";
import { createDockerEngine } from "./engine/docker/engine.ts";
import { openFiles } from "./files/files.ts";
import { createHaproxyRouter } from "./haproxy/router.ts";
import { faultFrom } from "./lib/fault.ts";
import { prober } from "./probe/probe.ts";
import { systemClock } from "./reconcile/clock.ts";
import { Daemon } from "./reconcile/daemon.ts";
import { lockHome, openStore } from "./store/sqlite.ts";

const ROUTER_IMAGE = "instar/router:3.0";
const POOL = "10.209.0.0/16";

/** The daemon: reads the settings, builds the adapters, starts the loop, serves until a signal. */
export async function runServer(options: ServerOptions): Promise<number> {
  const { env } = process;
  const home = options.home.path;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const unlock = lockHome(home);
  comeFirst();
  const log = pino(
    { level: env.INSTAR_LOG ?? "info", redact: ["req.headers.authorization", "req.headers.cookie"] },
    pino.destination({ dest: 2, sync: true }),
  );
  const store = await openStore(home);
  const socketPath = (env.DOCKER_HOST ?? "unix:///var/run/docker.sock").replace(/^unix:\/\//, "");
  const engine = createDockerEngine({
    ...(env.DOCKER_HOST === undefined ? { socketPath } : { dockerHost: env.DOCKER_HOST }),
    installation: store.installation,
  });
  await engine.ping();
  const httpPort = Number(env.INSTAR_HTTP_PORT ?? 80);
  const router = createHaproxyRouter({
    home,
    socketPath,
    image: env.INSTAR_ROUTER_IMAGE ?? ROUTER_IMAGE,
    installation: store.installation,
    log,
    httpPort,
  });
  const daemon = new Daemon({
    files: openFiles(home),
    engine,
    router,
    store,
    prober,
    clock: systemClock,
    pool: env.INSTAR_POOL ?? POOL,
    httpPort,
    fault: faultFrom(env.INSTAR_FAULT),
    report: (message, error) => log.error({ err: error }, message),
  });
  const api = createApi({ control: daemon.control, token: tokenIn(home), log, version: options.version });
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  try {
    await daemon.open();
    const { url } = await api.listen({ socket: options.home.socket, address: options.address });
    log.info({ home, url, installation: store.installation }, "serving");
    await stopped;
    log.info("stopping; instances and the router go on");
    return 0;
  } finally {
    // Whatever stays open keeps the process alive.
    await api.close();
    await daemon.close();
    await router.close();
    await store.close();
    unlock();
  }
}

/** Starting a container keeps every core busy; the daemon that takes a dead one out of rotation should not wait for that. */
function comeFirst(): void {
  try {
    setPriority(-5);
  } catch (cause) {
    // Without the right to it (no root, a container without SYS_NICE) it comes in turn, like everything else.
    if (!["EPERM", "EACCES"].includes((cause as { info?: { code?: string } }).info?.code ?? "")) throw cause;
  }
}

/** Made at the first start; whoever can read the file may use the API. */
function tokenIn(home: string): string {
  const path = join(home, "token");
  if (!existsSync(path)) writeFileSync(path, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  return readFileSync(path, "utf8").trim();
}
