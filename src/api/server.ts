import { chmod, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { fastify, LogController } from "fastify";
import { InstarError } from "../errors.ts";
import type { Control } from "../reconcile/control.ts";
import { OPEN } from "./access.ts";
import { type Address, parsePlace, unusable } from "./address.ts";
import { useAccess } from "./authorize.ts";
import { useDocument } from "./document.ts";
import { answerFailure, useFailures } from "./failure.ts";
import { Guard } from "./guard.ts";
import { pageRoutes } from "./page/routes.ts";
import { adoptRoutes } from "./routes/adopt.ts";
import { backupRoutes } from "./routes/backup.ts";
import { buildRoutes } from "./routes/build.ts";
import { changeRoutes } from "./routes/change.ts";
import { driftRoutes } from "./routes/drift.ts";
import { eventRoutes } from "./routes/events.ts";
import { execRoutes } from "./routes/exec.ts";
import { logRoutes } from "./routes/logs.ts";
import { lookRoutes } from "./routes/look.ts";
import { registryRoutes } from "./routes/registry.ts";
import { secretRoutes } from "./routes/secrets.ts";
import { sideRoutes } from "./routes/sides.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { triggerRoutes } from "./routes/triggers.ts";
import { verifyRoutes } from "./routes/verify.ts";
import { volumeRoutes } from "./routes/volumes.ts";
import { sessionFile } from "./session-file.ts";
import type { ApiOptions, App } from "./types.ts";
import { useValidators } from "./validate.ts";

/** Names have 255 characters, as the schemas say, each of which may come as %xx. */
const PART_LIMIT = 3 * 255;

export interface Api {
  /**
   * Serves on the socket (admin, mode 0600) and, unless null, on `host:port` behind the token; port 0 takes a
   * free one. Returns the address in use. Raises what `parsePlace` raises, and INS7004 for an address in use.
   */
  listen(where: { readonly socket: string; readonly address: string | null }): Promise<{ readonly url: string | null }>;
  /** Ends streams and connections and removes the socket. */
  close(): Promise<void>;
}

/** The REST API and the page over `control`. Errors have the catalogue's form and status. */
export function createApi(options: ApiOptions): Api {
  const apps: App[] = [];
  let listening: string | null = null;
  const where = (): string | null => listening;
  return {
    async listen(place) {
      const address = parsePlace(place);
      const local = await buildApp(options, null, where);
      apps.push(local);
      await listenOnSocket(local, place.socket);
      if (address === null) return { url: null };
      const sessions =
        options.sessions === undefined
          ? undefined
          : sessionFile(options.sessions, (error) => options.log.warn({ err: error }, "the page's sessions"));
      const guard = new Guard(options.token, options.control.tokens, {
        ...{ host: address.host, now: Date.now, sessions },
        ...(options.lookAgainMs === undefined ? {} : { lookAgainMs: options.lookAgainMs }),
      });
      const remote = await buildApp(options, guard, where);
      apps.push(remote);
      listening = await listenOnAddress(remote, address);
      return { url: listening };
    },
    async close() {
      await Promise.all(apps.map((app) => app.close()));
    },
  };
}

/** One listener's app: without a guard everyone who reaches it is admin. `where` is the TCP listener's address. */
export async function buildApp(options: ApiOptions, guard: Guard | null, where: () => string | null = () => null): Promise<App> {
  const app: App = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    // A deployment's stream lasts as long as it lasts; only the headers must come in time.
    requestTimeout: 0,
    bodyLimit: 64 * 1024,
    routerOptions: { maxParamLength: PART_LIMIT },
    frameworkErrors: answerFailure,
    // Asked for the head alone, a stream would never end: nobody reads it, and nobody leaves.
    exposeHeadRoutes: false,
    genReqId: () => crypto.randomUUID(),
  });
  await useDocument(app);
  useValidators(app);
  useFailures(app);
  app.setSerializerCompiler(() => JSON.stringify);
  useAccess(app, guard, options.control);
  app.get("/healthz", { exposeHeadRoute: true, config: OPEN, schema: { hide: true } }, async () => ({ ok: true }));
  adoptRoutes(app, options.control);
  changeRoutes(app, options.control);
  sideRoutes(app, options.control);
  lookRoutes(app, options.control, options.version);
  eventRoutes(app, options.control);
  logRoutes(app, options.control);
  buildRoutes(app, options.control);
  backupRoutes(app, options.backup);
  volumeRoutes(app, options.control);
  registryRoutes(app, options.control);
  execRoutes(app, options.control);
  driftRoutes(app, options.control);
  verifyRoutes(app, options.control);
  secretRoutes(app, options.control);
  tokenRoutes(app, options.control, where);
  triggerRoutes(app, options.control, where);
  if (guard !== null) pageRoutes(app, guard);
  return app;
}

/** The OpenAPI document of the routes; `control` is never called. */
export async function openApiDocument(log: ApiOptions["log"]): Promise<object> {
  const backup = () => Promise.reject(new Error("never called"));
  const app = await buildApp({ control: {} as Control, token: "", log, version: "", backup }, null);
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
}

async function listenOnSocket(app: App, path: string): Promise<void> {
  await removeDeadSocket(path);
  // The mode must hold from the first instant, not from a chmod after bind.
  const mask = process.umask(0o177);
  try {
    await app.listen({ path });
  } catch (error) {
    throw new InstarError("INS7004", `${path} cannot be used: ${(error as Error).message}`, { cause: error });
  } finally {
    process.umask(mask);
  }
  await chmod(path, 0o600);
}

/** A socket file that nobody answers is left over from a crash. */
async function removeDeadSocket(path: string): Promise<void> {
  const state = await new Promise<"none" | "dead" | "alive">((resolve, reject) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve("alive");
    });
    probe.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve("none");
      else if (error.code === "ECONNREFUSED" || error.code === "ENOTSOCK") resolve("dead");
      else reject(error);
    });
  });
  if (state === "alive") throw new InstarError("INS6002", `another daemon answers on ${path}`);
  if (state === "dead") await unlink(path);
}

async function listenOnAddress(app: App, address: Address): Promise<string> {
  try {
    return await app.listen(address);
  } catch (error) {
    throw unusable(address, error);
  }
}
