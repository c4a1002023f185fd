import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { InstarError } from "../errors.ts";
import type { RoutedServer, Router } from "../reconcile/ports.ts";
import { difference } from "../route/difference.ts";
import { listenable } from "../route/listenable.ts";
import type { RouteTable } from "../route/types.ts";
import { parseServers } from "./answers.ts";
import { Applier, type Target } from "./applier.ts";
import { Containers } from "./container.ts";
import { emptyTable } from "./disk.ts";
import { Ends } from "./ends.ts";
import { Fleet } from "./fleet.ts";
import type { Generation } from "./generation.ts";
import { adopt, lastSaved, launch, nextNumber, type Running, removeOthers, type Site, settingsFor } from "./launch.ts";
import type { Log } from "./log.ts";
import { settleFiles } from "./place.ts";
import { checkPorts, type Foreign, foreignListeners, missingOf, NOTHING_OURS, type Ours, type Place, placesOf } from "./ports.ts";
import { Reloads } from "./reloads.ts";
import { Saver } from "./saver.ts";
import { backendsOf, countOf, withState } from "./table.ts";
import { answers } from "./wait.ts";

const DAY_MS = 86_400_000;
/** The supervisor needs some 50 ms for it, the engine half a second, and both more on a full machine. */
const RESTART_MS = 5_000;
const ENGINE_AGAIN_MS = 1_000;

export interface HaproxyRouterOptions {
  /** INSTAR_HOME, absolute. */
  readonly home: string;
  /** The engine's unix socket. */
  readonly socketPath: string;
  readonly image: string;
  /** The installation's id; its first 8 characters are in the container's name. */
  readonly installation: string;
  readonly log: Log;
  /** Where domains are served; default 80. */
  readonly httpPort?: number;
  /** Longer than the longest tunnel wanted; default one day. */
  readonly hardStopAfterMs?: number;
}

/** HAProxy in a container on the host's network. Raises what the Router port says, and INS3001, INS3005, INS4004. */
export function createHaproxyRouter(options: HaproxyRouterOptions): Router {
  return new Haproxy(options);
}

/** What exists only while a router runs. */
interface Live {
  running: Running;
  readonly fleet: Fleet;
  readonly applier: Applier;
  readonly saver: Saver;
  readonly reloads: Reloads;
  watch: AbortController;
}

class Haproxy implements Router {
  readonly #site: Site;
  readonly #log: Log;
  #live: Live | null = null;
  #starting: Promise<void> | null = null;
  #replacing: Promise<void> | null = null;
  /** It began without listeners that could not be had, and nobody has been told yet. */
  #short = false;
  /** What was asked for last: says on which addresses its ports are wanted. */
  #asked: RouteTable = emptyTable();
  #tell: (words: string) => void = () => undefined;

  constructor(options: HaproxyRouterOptions) {
    this.#log = options.log;
    this.#site = {
      home: options.home,
      image: options.image,
      containers: new Containers({ ...options, directory: join(options.home, "router") }),
      httpPort: options.httpPort ?? 80,
      hardStopAfterMs: options.hardStopAfterMs ?? DAY_MS,
    };
  }

  async ensure(): Promise<boolean> {
    await this.#ensured();
    const isShort = this.#short;
    this.#short = false;
    return isShort;
  }

  #ensured(): Promise<void> {
    this.#starting ??= this.#ensure().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  listen(tell: (words: string) => void): void {
    this.#tell = tell;
  }

  async apply(table: RouteTable): Promise<void> {
    const { applier } = this.#ready();
    this.#asked = table;
    await applier.apply(table);
  }

  async persisted(): Promise<void> {
    await this.#ready().saver.saved();
  }

  async maint(server: string): Promise<void> {
    const { applier, fleet } = this.#ready();
    const backends = new Set([...backendsOf(applier.wanted, server), ...backendsOf(applier.held, server)]);
    applier.amend((table) => withState(table, server, "maint"));
    await Promise.all([...backends].map((backend) => fleet.everywhere(`set server ${backend}/${server} state maint`)));
  }

  async cut(server: string): Promise<number> {
    const { fleet } = this.#ready();
    const rows = (await fleet.stats()).filter((row) => row.server === server);
    for (const backend of new Set(rows.map((row) => row.backend))) await fleet.endSessions(backend, server);
    return rows.reduce((sum, row) => sum + row.sessions, 0);
  }

  async observe(): Promise<readonly RoutedServer[]> {
    const { fleet, applier } = this.#ready();
    const { pid } = await fleet.worker();
    const states = parseServers((await fleet.current.master.tell(pid, "show servers state")) ?? "");
    const stats = await fleet.stats();
    const known = new Set(applier.held.backends.map((backend) => backend.name));
    const sessions = new Map<string, number>();
    for (const row of stats)
      sessions.set(`${row.backend}/${row.server}`, (sessions.get(`${row.backend}/${row.server}`) ?? 0) + row.sessions);
    return [...states]
      .filter(([backend]) => known.has(backend))
      .flatMap(([backend, servers]) =>
        servers.map((server) => ({ backend, ...server, sessions: sessions.get(`${backend}/${server.name}`) ?? 0 })),
      );
  }

  async sessions(servers: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const sums = new Map(servers.map((server) => [server, 0]));
    for (const row of await this.#ready().fleet.stats()) {
      const sum = sums.get(row.server);
      if (sum !== undefined) sums.set(row.server, sum + row.sessions);
    }
    return sums;
  }

  async foreignListeners(ports: readonly number[]): Promise<readonly Foreign[]> {
    const wanted = Map.groupBy(this.#asked.listeners, ({ port }) => port);
    return foreignListeners(
      ports.flatMap((port): readonly (number | Place)[] => wanted.get(port) ?? [port]),
      this.#ours(),
    );
  }

  async repair(): Promise<number> {
    const { applier, fleet, running } = this.#ready();
    const differences = await applier.exclusively(async () => {
      const actual = await fleet.readBack(applier.held);
      return actual === null ? 1 : countOf(difference(actual, applier.held, running.router.settings).commands);
    });
    if (differences > 0) {
      this.#log.warn({ differences }, "the router differed from its table");
      await applier.lookAgain();
    }
    return differences;
  }

  replace(): Promise<void> {
    this.#replacing ??= this.#replace().finally(() => {
      this.#replacing = null;
    });
    return this.#replacing;
  }

  async #replace(): Promise<void> {
    const live = this.#ready();
    const number = await nextNumber(this.#site);
    const settings = await settingsFor(this.#site, number);
    await live.applier.exclusively(async () => {
      const old = live.running;
      const fresh = await launch(this.#site, number, settings, live.applier.held, old.router);
      live.watch.abort();
      live.fleet.outgoing = [...live.fleet.outgoing, old.router];
      live.fleet.renew(fresh.router);
      live.running = fresh;
      live.saver.superseded();
      live.watch = this.#watch(live);
      old.checker.close();
      this.#retire(live, old.router);
      this.#log.info({ from: old.router.number, to: number }, "the router was replaced");
    });
    await live.applier.lookAgain();
  }

  async close(): Promise<void> {
    const live = this.#live;
    try {
      await live?.saver.saved();
    } finally {
      this.#drop();
    }
  }

  async stop(): Promise<void> {
    this.#drop();
    for (const container of await this.#site.containers.list()) {
      await this.#site.containers.stop(container.id);
      await this.#site.containers.remove(container.id);
    }
    await this.#site.containers.removeVolume();
  }

  async #ensure(): Promise<void> {
    const { containers } = this.#site;
    const before = this.#live;
    if (before !== null) {
      const { router } = before.running;
      // The engine is asked only when the router is silent: they may be away independently of each other.
      if ((await answers(router, 0, null)) || (await answers(router, (await containers.isAlive(router.container)) ? RESTART_MS : 0, null)))
        return;
      this.#log.warn({ generation: router.number }, "the router is gone");
    }
    this.#drop();
    await settleFiles(this.#site.home, containers);
    const found = await containers.list();
    const outgoing: Generation[] = [];
    let running: Running | null = null;
    let table: RouteTable | null = null;
    for (const container of found) {
      const adopted = container.running ? await adopt(this.#site, container) : null;
      if (adopted === null) {
        await containers.remove(container.id);
      } else if (running === null) {
        running = adopted;
        table = adopted.saved.table;
      } else {
        adopted.checker.close();
        outgoing.push(adopted.router);
      }
    }
    if (running === null) {
      const number = await nextNumber(this.#site);
      table = before?.applier.wanted ?? (await lastSaved(this.#site))?.table ?? emptyTable();
      const settings = await settingsFor(this.#site, number);
      // One listener that cannot be had keeps no other from being served.
      const places = placesOf(table, settings);
      const [foreign, missing] = await Promise.all([foreignListeners(places, NOTHING_OURS), missingOf(places)]);
      const had = listenable(table, settings, new Map(foreign.map(({ port, by }) => [port, `it is taken by ${by}`])), missing);
      for (const { words } of had.withheld) this.#log.warn({ words }, "the router begins without a listener");
      this.#short = had.withheld.length > 0;
      table = had.table;
      running = await launch(this.#site, number, settings, table, null);
      this.#log.info({ generation: number }, "the router was started");
    }
    await this.#begin(running, table ?? emptyTable(), outgoing);
  }

  async #begin(running: Running, table: RouteTable, outgoing: readonly Generation[]): Promise<void> {
    const fleet = new Fleet(running.router);
    const saver = new Saver((next) => live.running.disk.write(next, (file) => live.running.checker.check(file)));
    const reloads = new Reloads(fleet, (words) => {
      this.#log.warn({ words }, "too many old workers");
      this.#tell(words);
    });
    // What runs is newer than what was saved: a run-time change may have missed the disk.
    const applier = new Applier(
      this.#target(() => live),
      (await fleet.readBack(table)) ?? table,
    );
    const live: Live = { running, fleet, saver, reloads, applier, watch: new AbortController() };
    live.watch = this.#watch(live);
    for (const router of outgoing) {
      fleet.outgoing = [...fleet.outgoing, router];
      this.#retire(live, router);
    }
    this.#live = live;
    await removeOthers(this.#site, [running.router, ...outgoing]);
  }

  #target(live: () => Live): Target {
    const log = this.#log;
    return {
      get settings() {
        return live().running.router.settings;
      },
      perform: (command) => live().fleet.perform(command),
      readBack: (known) => live().fleet.readBack(known),
      async checkPorts(from, to) {
        const { settings } = live().running.router;
        await checkPorts(placesOf(to, settings), { places: placesOf(from, settings), containers: live().fleet.containers });
      },
      reloadSlot: () => live().reloads.slot(),
      changed: (table) => live().saver.save(table),
      failed: (cause) => log.warn({ cause: String(cause) }, "the router's table could not be applied"),
      async reload(from, to) {
        const { running, saver, reloads } = live();
        saver.superseded();
        try {
          await running.disk.write(to, (file) => running.checker.check(file));
          await reloads.reload();
        } catch (cause) {
          // The last good one goes back: a restart must not load what was refused, nor half of it.
          if (from !== null) saver.save(from);
          throw cause;
        }
      },
    };
  }

  /** Waits for HAProxy's ends: it is started again with the last good table, and we look at it. */
  #watch(live: Live): AbortController {
    const controller = new AbortController();
    const { router } = live.running;
    const ends = new Ends(router, this.#site.containers);
    const watching = async (): Promise<void> => {
      while (!controller.signal.aborted) {
        await this.#nextEnd(ends, router.number, controller.signal);
        if (!controller.signal.aborted) await this.#comeBack(live);
      }
    };
    watching().catch((cause: unknown) => this.#log.warn({ cause: String(cause) }, "the router is no longer watched"));
    return controller;
  }

  async #nextEnd(ends: Ends, generation: number, signal: AbortSignal): Promise<void> {
    try {
      await ends.next(signal);
      if (!signal.aborted) this.#log.warn({ generation }, "HAProxy ended by itself and is started again");
    } catch (cause) {
      if (signal.aborted) return;
      if (!(cause instanceof InstarError)) throw cause;
      // The engine went away, with or without its containers, or someone removed this one: look, and ask again.
      await sleep(ENGINE_AGAIN_MS);
    }
  }

  async #comeBack(live: Live): Promise<void> {
    try {
      await this.#ensured();
      if (this.#live === live) await live.applier.lookAgain();
    } catch (cause) {
      if (!(cause instanceof InstarError)) throw cause;
      this.#log.warn({ cause: cause.message }, "the router is not back yet");
    }
  }

  /** Tells a replaced router to finish, and removes it when it has. */
  #retire(live: Live, router: Generation): void {
    const { containers } = this.#site;
    const finish = async (): Promise<void> => {
      await containers.signal(router.container, "SIGUSR1");
      await containers.ended(router.container);
      await containers.remove(router.container);
      await rm(router.directory, { recursive: true, force: true });
      live.fleet.outgoing = live.fleet.outgoing.filter((other) => other !== router);
    };
    finish().catch((cause: unknown) =>
      this.#log.warn({ cause: String(cause), generation: router.number }, "a replaced router is still there"),
    );
  }

  #drop(): void {
    this.#live?.watch.abort();
    this.#live?.saver.close();
    this.#live?.applier.close();
    this.#live?.running.checker.close();
    this.#live = null;
  }

  #ours(): Ours {
    const live = this.#live;
    if (live === null) return NOTHING_OURS;
    return { places: placesOf(live.applier.held, live.running.router.settings), containers: live.fleet.containers };
  }

  #ready(): Live {
    if (this.#live === null) throw new InstarError("INS4002", "the router has not been started");
    return this.#live;
  }
}
