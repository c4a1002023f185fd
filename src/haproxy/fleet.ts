import { setTimeout as sleep } from "node:timers/promises";
import { InstarError } from "../errors.ts";
import { markOf } from "../route/compile.ts";
import type { Command } from "../route/difference.ts";
import { partsIn } from "../route/parts.ts";
import type { Backend, RouteTable, Server } from "../route/types.ts";
import { parseMap, parseServers, parseSessions, parseStats, type Stat, type Worker } from "./answers.ts";
import type { Generation } from "./generation.ts";

/** What commands answer when all is well; anything else means our picture of the worker is wrong. */
const FINE: readonly RegExp[] = [
  /^\s*$/,
  /^New server registered\.\s*$/,
  /^Server deleted\.\s*$/,
  /^no need to change/,
  /changed from/,
  /^Done\.\s*$/,
];
const ABSENT = /^No such (server|backend)\.|^Backend '.*' does not exist|^Key not found|^can't find/i;
/**
 * A stopping worker takes no more commands for its servers (seen on 3.0; `show stat` and `show sess` still
 * answer). It has no new requests to give either: it hands them on to its successor.
 */
const STOPPING = /^Proxy is disabled/;
const ATTACHED = /still has connections|still has active|Timeout|not removable|maintenance mode/i;

/** Nothing listens on a master's socket any more. */
const ENDED = new Set(["ECONNREFUSED", "ENOENT"]);
/** It ended while it was asked: the next look tells. */
const ENDING = new Set(["ECONNRESET", "EPIPE"]);

/** A worker that has closed its command line is off the master's list within this time. */
const ENDING_MS = 1_000;
const LOOK_MS = 10;

/** How long one attempt waits for the last connection of a server that goes. */
const REMOVABLE_MS = 100;

/** Every worker of every router container: the current one, its old workers, and what is being replaced. */
export class Fleet {
  outgoing: readonly Generation[] = [];
  #current: Generation;
  /** The worker last seen to take new connections; null: to be asked for. */
  #pid: number | null = null;
  #nextStats: Promise<readonly Stat[]> | null = null;
  #lastRead: Promise<void> = Promise.resolve();

  constructor(current: Generation) {
    this.#current = current;
  }

  get current(): Generation {
    return this.#current;
  }

  get containers(): readonly string[] {
    return [this.#current, ...this.outgoing].map(({ container }) => container);
  }

  /** Another container, or after a reload the same one, has another worker. */
  renew(current: Generation): void {
    this.#current = current;
    this.#pid = null;
  }

  /** The worker that takes new connections. Raises INS4002 when there is none. */
  async worker(): Promise<Worker> {
    const worker = (await this.current.master.workers()).find((candidate) => !candidate.old);
    if (worker === undefined) throw new InstarError("INS4002", "the router has no worker");
    return worker;
  }

  async oldWorkers(): Promise<readonly Worker[]> {
    return (await this.current.master.workers()).filter((worker) => worker.old);
  }

  /** Performs a command; false when a server cannot be removed yet. Raises INS4002 on any other refusal. */
  async perform(command: Command): Promise<boolean> {
    if (command.workers === "every") {
      await this.everywhere(command.text);
      return true;
    }
    this.#pid ??= (await this.worker()).pid;
    const pid = this.#pid;
    if (command.kind === "remove") {
      // Bounded: the caller comes back for it.
      await this.current.master.tell(pid, `wait ${REMOVABLE_MS}ms srv-removable ${command.about}`);
    }
    const answer = await this.current.master.tell(pid, command.text);
    if (answer === null) this.#pid = null;
    if (answer === null) throw new InstarError("INS4002", "the router's worker went away");
    if (FINE.some((fine) => fine.test(answer))) return true;
    if (command.kind === "remove" && ATTACHED.test(answer)) return false;
    if ((command.kind === "remove" || command.text.startsWith("del ")) && ABSENT.test(answer)) return true;
    throw new InstarError("INS4002", `the router answers "${answer.trim().slice(0, 200)}" to "${command.text}"`);
  }

  /** To every worker of every container; one that does not know the server, is stopping, or has just gone, is fine. */
  async everywhere(text: string): Promise<void> {
    await this.#each(async (router, worker) => {
      const answer = await router.master.tell(worker.pid, text);
      if (answer === null || [...FINE, ABSENT, STOPPING].some((fine) => fine.test(answer))) return;
      throw new InstarError("INS4002", `the router answers "${answer.trim().slice(0, 200)}" to "${text}"`);
    });
  }

  /** Ends the sessions on a server in every worker. */
  async endSessions(backend: string, server: string): Promise<void> {
    await this.#each(async ({ master }, { pid }) => {
      const answer = await master.tell(pid, `shutdown sessions server ${backend}/${server}`);
      if (answer === null || !STOPPING.test(answer)) return;
      const sessions = parseSessions((await master.tell(pid, "show sess")) ?? "");
      for (const session of sessions) {
        if (session.backend === backend && session.server === server) await master.tell(pid, `shutdown session ${session.id}`);
      }
    });
  }

  /**
   * Statistics of every server in every worker; one row for each worker it is in. Read after the call, never
   * before it; those who call while a read is under way share the one after it.
   */
  stats(): Promise<readonly Stat[]> {
    if (this.#nextStats !== null) return this.#nextStats;
    const read = this.#lastRead.then(() => {
      this.#nextStats = null;
      return this.#readStats();
    });
    this.#nextStats = read;
    this.#lastRead = read.then(
      () => undefined,
      () => undefined,
    );
    return read;
  }

  async #readStats(): Promise<readonly Stat[]> {
    const answers = await this.#each(async (router, worker) => {
      const answer = await router.master.tell(worker.pid, "show stat -1 4 -1");
      // An empty answer is a worker that ended while it was asked.
      if (answer === null || (answer.trim() === "" && (await gone(router, worker)))) return [];
      return parseStats(answer);
    });
    return answers.flat();
  }

  /**
   * The table the current worker really holds: `known` for its listeners and backends, servers and maps as
   * read back. Null when the worker has loaded other listeners or backends than `known` has.
   */
  async readBack(known: RouteTable): Promise<RouteTable | null> {
    const { master, settings } = this.current;
    const { pid } = await this.worker();
    this.#pid = pid;
    const ask = async (text: string): Promise<string> => (await master.tell(pid, text)) ?? "";
    if (!(await ask("show info")).includes(`\ndescription: ${markOf(known, settings)}\n`)) return null;
    const servers = parseServers(await ask("show servers state"));
    const hosts = parseMap(await ask(`show map ${settings.runDir}/hosts.map`));
    const hold = parseMap(await ask(`show map ${settings.runDir}/hold.map`));
    const [counts, picks, previews] = [
      parseMap(await ask(`show map ${settings.runDir}/counts.map`)),
      parseMap(await ask(`show map ${settings.runDir}/picks.map`)),
      parseMap(await ask(`show map ${settings.runDir}/previews.map`)),
    ];
    const pins = {
      counts: Object.fromEntries([...counts].map(([key, count]) => [key, Number(count)])),
      picks: Object.fromEntries(picks),
      previews: Object.fromEntries(previews),
    };
    return {
      ...(counts.size + picks.size + previews.size === 0 ? {} : { pins }),
      listeners: known.listeners,
      domains: [...hosts].map(([key, backend]) => {
        const slash = key.indexOf("/");
        const parts = partsIn(backend);
        return {
          host: key.slice(0, slash),
          path: slash === key.length - 1 ? null : key.slice(slash, -1),
          backend: parts?.[0]?.backend ?? backend,
          ...(parts === null ? {} : { parts }),
        };
      }),
      backends: known.backends.map((backend) => {
        const [holdMs = 0, holdLimit = 0] = (hold.get(backend.name) ?? "0/0").split("/").map(Number);
        return { ...backend, servers: spokenToAsKnown(backend, servers.get(backend.name) ?? []), holdMs, holdLimit };
      }),
    };
  }

  async #each<T>(work: (router: Generation, worker: Worker) => Promise<T>): Promise<readonly T[]> {
    const told = await Promise.all([this.current, ...this.outgoing].map((router) => this.#inRouter(router, work)));
    return told.flat();
  }

  /** An outgoing container ends by itself, and then it has no sessions; one that is only slow is an error. */
  async #inRouter<T>(router: Generation, work: (router: Generation, worker: Worker) => Promise<T>): Promise<readonly T[]> {
    const deadline = performance.now() + ENDING_MS;
    for (;;) {
      try {
        return await Promise.all((await router.master.workers()).map((worker) => work(router, worker)));
      } catch (cause) {
        const code =
          cause instanceof InstarError && cause.cause instanceof Error ? ((cause.cause as NodeJS.ErrnoException).code ?? "") : "";
        if (router !== this.current && ENDED.has(code)) return [];
        if (router === this.current || !ENDING.has(code) || performance.now() > deadline) throw cause;
        await sleep(LOOK_MS);
      }
    }
  }
}

/** HAProxy does not tell what it speaks to a server. */
export function spokenToAsKnown({ servers }: Pick<Backend, "servers">, read: readonly Server[]): readonly Server[] {
  const protocols = new Map(servers.flatMap(({ name, protocol }) => (protocol === undefined ? [] : [[name, protocol] as const])));
  return read.map((server) => {
    const protocol = protocols.get(server.name);
    return protocol === undefined ? server : { ...server, protocol };
  });
}

/** After a reload a drained server is `ready` with weight 0 in the new worker, until it is told. */
export function asLoaded(table: RouteTable): RouteTable {
  const loaded = (server: Server): Server => (server.state === "drain" ? { ...server, state: "ready", weight: 0 } : server);
  return { ...table, backends: table.backends.map((backend) => ({ ...backend, servers: backend.servers.map(loaded) })) };
}

async function gone(router: Generation, worker: Worker): Promise<boolean> {
  const deadline = performance.now() + ENDING_MS;
  while (performance.now() < deadline) {
    if (!(await router.master.workers()).some((listed) => listed.pid === worker.pid)) return true;
    await sleep(LOOK_MS);
  }
  return false;
}
