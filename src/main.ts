import { existsSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { parsePlace, tryAddress } from "./api/address.ts";
import { createApi } from "./api/server.ts";
import { clearStages, takeBackup } from "./backup/backup.ts";
import { restoreBackup } from "./backup/restore.ts";
import type { RestoreOptions, RestoreView, ServerOptions } from "./cli/cli.ts";
import { socketOf } from "./engine/docker/client.ts";
import { credentialsIn } from "./engine/docker/credentials.ts";
import { createDockerEngine } from "./engine/docker/engine.ts";
import { openFiles, ownByName } from "./files/files.ts";
import { openContextFiles } from "./files/rendered.ts";
import { secretIn } from "./files/secret.ts";
import { createHaproxyRouter } from "./haproxy/router.ts";
import { createHooks } from "./hooks/hooks.ts";
import { faultFrom } from "./lib/fault.ts";
import { openLog } from "./log.ts";
import { prober } from "./probe/probe.ts";
import { steadyClock, systemClock } from "./reconcile/clock.ts";
import { Daemon } from "./reconcile/daemon.ts";
import { repeatHeads } from "./reconcile/head-log.ts";
import { afterRestore, recoverStore } from "./recover.ts";
import { callBackTo, callbackHosts } from "./registry/callback.ts";
import { openRegistries } from "./registry/client.ts";
import { openLayout } from "./registry/layout.ts";
import { readDelivery } from "./registry/payloads/payloads.ts";
import { cosignVerifier } from "./registry/signatures/cosign.ts";
import { makeHome, settingsOf } from "./settings.ts";
import { Catalogue } from "./snapshot/catalogue.ts";
import { copyStore } from "./store/copy.ts";
import { whenLost } from "./store/presence.ts";
import { MIGRATIONS } from "./store/schema.ts";
import { LOCK_FILE, lockHome, openStore, STORE_FILE } from "./store/sqlite.ts";

/**
 * The daemon: reads the settings, builds the adapters, starts the loop, serves until a signal. Raises INS2001, INS7003 and INS7004 for
 * settings, a home and an address that cannot be used, before anything is opened; then INS6002, and what opening the parts raises.
 */
export async function runServer(options: ServerOptions): Promise<number> {
  const { env } = process;
  const { logLevel, httpPort, pool, routerImage, ...looks } = settingsOf(env);
  const place = { socket: options.home.socket, address: options.address };
  const listenAt = parsePlace(place);
  const home = options.home.path;
  makeHome(home);
  const unlock = lockHome(home);
  if (listenAt !== null) await tryAddress(listenAt);
  await clearStages(home);
  const [token, hookKey] = [secretIn(home, "token"), secretIn(home, "hook-key")];
  comeFirst();
  const log = openLog(logLevel);
  const address = { dockerHost: env.DOCKER_HOST ?? "" };
  const store = options.recover === undefined ? await openStore(home) : await recoverStore(home, address, options.recover);
  if (store === null) return 1;
  const engine = createDockerEngine({ ...address, installation: store.installation, volumeImage: routerImage });
  await afterRestore(home, store, engine, address);
  const router = createHaproxyRouter({
    home,
    socketPath: socketOf(address),
    image: routerImage,
    installation: store.installation,
    log,
    httpPort,
  });
  const registries = openRegistries({ login: credentialsIn().of, settings: () => engine.registrySettings() });
  const clock = steadyClock();
  const daemon = new Daemon({
    files: openFiles(home),
    contexts: openContextFiles(home),
    engine,
    router,
    store,
    prober,
    registries,
    saved: openLayout(home),
    verifier: cosignVerifier(registries),
    hooks: createHooks(hookKey),
    snapshots: new Catalogue(join(home, "snapshots"), options.version),
    senders: { readDelivery, callBack: callBackTo(callbackHosts(env.INSTAR_CALLBACK_HOSTS)) },
    clock,
    clockSteps: clock.steps,
    pool,
    httpPort,
    ...looks,
    fault: faultFrom(env.INSTAR_FAULT),
    report: (message, error) => log.error({ err: error }, message),
  });
  const backup = async (who: string): ReturnType<typeof takeBackup> => {
    const taken = await takeBackup({
      home,
      version: options.version,
      installation: store.installation,
      schema: Object.keys(MIGRATIONS),
      copyStore: (to) => copyStore(join(home, STORE_FILE), to),
      now: clock.now,
    });
    await store.addEvent(clock.now(), { kind: "backup.taken", message: `a backup was taken by ${who}: ${taken.name}` });
    return taken;
  };
  const api = createApi({ control: daemon.control, token, log, version: options.version, backup, sessions: join(home, "sessions.json") });
  const lastHead = repeatHeads(
    store,
    clock,
    (head) => log.info({ head }, "event log"),
    (error) => log.error({ err: error }, "event log"),
  );
  let unwatch: () => void = () => undefined;
  const stopped = new Promise<0 | 1>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(0));
    unwatch = whenLost(home, () => resolve(1));
  });
  try {
    await daemon.open();
    const { url } = await api.listen(place);
    log.info({ home, url, installation: store.installation }, "serving");
    const exit = await stopped;
    if (exit === 0) log.info("stopping; instances and the router go on");
    else log.fatal({ home }, "the home was deleted or replaced: this daemon ends; instances and the router go on (docs/backup.md)");
    return exit;
  } finally {
    unwatch();
    // Whatever stays open keeps the process alive.
    await api.close();
    await daemon.close();
    await router.close();
    registries.close();
    await lastHead();
    await store.close();
    unlock();
  }
}

/** Raises INS6002 while a daemon uses the home, and what `restoreBackup` raises. */
export async function restoreHome({ file, home, force }: RestoreOptions): Promise<RestoreView> {
  const unlock = existsSync(join(home, LOCK_FILE)) ? lockHome(home) : () => undefined;
  try {
    const done = await restoreBackup(file, { home, force, knownSchema: Object.keys(MIGRATIONS), now: systemClock.now(), own: ownByName });
    return { installation: done.manifest.installation, date: done.manifest.date, home: done.home, aside: done.aside };
  } finally {
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
