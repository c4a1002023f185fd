import { InstarError } from "../../src/errors.ts";
import type { Clock, RoutedServer, Router } from "../../src/reconcile/ports.ts";
import { compile } from "../../src/route/compile.ts";
import { difference, skeleton } from "../../src/route/difference.ts";
import { listenersOf } from "../../src/route/listeners.ts";
import type { RouterSettings, RouteTable, Server, ServerState } from "../../src/route/types.ts";
import { type FakeSession, FakeSessions } from "./fake-sessions.ts";

type CallName = keyof Router;

/** What the world does to the router, behind the port. */
export interface FakeRouterControl {
  readonly sessions: FakeSessions;
  /** Every call, oldest first. */
  readonly calls: { readonly at: number; readonly call: CallName; readonly about: string }[];
  /** How long things take; 0 without. */
  applyMs: number;
  reloadMs: number;
  persistMs: number;
  /** How often it was reloaded and replaced. */
  reloads: number;
  replacements: number;
  /** What it holds now. */
  table(): RouteTable;
  /** What a restart would load. */
  saved(): RouteTable;
  /** The servers of a backend that get requests. */
  serving(backend: string): readonly Server[];
  /** A client's connection to a host port: on a server in turn, or null where nothing is ready. */
  connect(port: number): FakeSession | null;
  /** Changes a server behind our back. */
  meddle(server: string, state: ServerState | "gone"): void;
  /** Ended and started again with what was saved; its sessions are gone. */
  crash(): void;
  /** While it is down every call raises INS4002. */
  setDown(down: boolean): void;
  /** The next calls of this name raise this error. */
  failNext(call: CallName, error: Error, times?: number): void;
  /** Another process listens there; null: no more. */
  takePort(port: number, by: string | null): void;
}

export type FakeRouter = Router & { readonly control: FakeRouterControl };

const NOTHING: RouteTable = { listeners: [], domains: [], backends: [] };

/** A router in memory on the given clock; passes the Router port's conformance suite. */
export const createFakeRouter = ({ clock, httpPort = 80 }: { readonly clock: Clock; readonly httpPort?: number }): FakeRouter => {
  const settings: RouterSettings = { maxconn: 1_000, httpPort, runDir: "/router/g1", ipv6: true, hardStopAfterMs: 86_400_000 };
  const sessions = new FakeSessions(clock);
  const calls: FakeRouterControl["calls"] = [];
  const failures: { call: CallName; error: Error }[] = [];
  const taken = new Map<string, string>();
  const turns = new Map<string, number>();
  let wanted = NOTHING;
  let held = NOTHING;
  let saved = NOTHING;
  let saving: Promise<void> = Promise.resolve();
  let started = false;
  let down = false;

  const pause = (ms: number): Promise<void> => (ms > 0 ? new Promise((resolve) => clock.after(ms, resolve)) : Promise.resolve());

  const enter = (call: CallName, about = ""): void => {
    calls.push({ at: clock.now(), call, about });
    const index = failures.findIndex((failure) => failure.call === call);
    const [failure] = index < 0 ? [] : failures.splice(index, 1);
    if (failure !== undefined) throw failure.error;
    if (down) throw new InstarError("INS4002", "the router does not answer: connection refused");
    if (!started && call !== "ensure") throw new InstarError("INS4002", "the router has not been started");
  };

  const ports = (table: RouteTable): readonly number[] => listenersOf(table, settings).map((listener) => listener.port);
  const serversOf = (table: RouteTable): readonly (Server & { backend: string })[] =>
    table.backends.flatMap((backend) => backend.servers.map((server) => ({ ...server, backend: backend.name })));
  const foreign = (asked: readonly number[]): readonly { port: number; by: string }[] =>
    asked.flatMap((port) => {
      const by = taken.get(String(port));
      return by === undefined || ports(held).includes(port) ? [] : [{ port, by }];
    });

  const hold = (table: RouteTable): void => {
    const before = new Map(serversOf(held).map((server) => [server.name, server.state]));
    held = table;
    for (const server of serversOf(held))
      if (server.state !== "ready" && before.get(server.name) === "ready") sessions.drained(server.name);
  };

  const save = (table: RouteTable): void => {
    saving = saving.then(async () => {
      await pause(control.persistMs);
      saved = table;
    });
  };

  const edit = (table: RouteTable, change: (server: Server) => readonly Server[]): RouteTable => ({
    ...table,
    backends: table.backends.map((backend) => ({ ...backend, servers: backend.servers.flatMap(change) })),
  });
  const to =
    (name: string, state: ServerState | "gone") =>
    (server: Server): readonly Server[] => {
      if (server.name !== name) return [server];
      return state === "gone" ? [] : [{ ...server, state }];
    };

  const control: FakeRouterControl = {
    sessions,
    calls,
    applyMs: 0,
    reloadMs: 0,
    persistMs: 0,
    reloads: 0,
    replacements: 0,
    table: () => held,
    saved: () => saved,
    serving: (backend) =>
      held.backends.find(({ name }) => name === backend)?.servers.filter(({ state, weight }) => state === "ready" && weight > 0) ?? [],
    connect(port) {
      const backend = listenersOf(held, settings).find((listener) => listener.port === port)?.defaultBackend ?? "";
      const serving = control.serving(backend);
      const turn = turns.get(backend) ?? 0;
      turns.set(backend, turn + 1);
      const server = serving[turn % Math.max(1, serving.length)];
      return down || server === undefined ? null : sessions.start(server.name);
    },
    meddle: (server, state) => hold(edit(held, to(server, state))),
    crash() {
      sessions.clear();
      held = saved;
    },
    setDown: (now) => {
      down = now;
    },
    failNext(call, error, times = 1) {
      for (let time = 0; time < times; time++) failures.push({ call, error });
    },
    takePort: (port, by) => void (by === null ? taken.delete(String(port)) : taken.set(String(port), by)),
  };

  return {
    control,
    async ensure() {
      enter("ensure");
      started = true;
      return false;
    },
    async apply(table) {
      enter("apply");
      compile(table, settings);
      const structural = skeleton(held, settings) !== skeleton(table, settings);
      const clash = foreign(ports(table)).map(({ port, by }) => `port ${port} is taken by ${by}`);
      if (clash.length > 0) throw new InstarError("INS4001", clash.join(", "));
      wanted = table;
      await pause(control.applyMs + (structural ? control.reloadMs : 0));
      if (structural) control.reloads++;
      hold(wanted);
      save(wanted);
    },
    async persisted() {
      enter("persisted");
      await saving;
    },
    async maint(server) {
      enter("maint", server);
      wanted = edit(wanted, to(server, "maint"));
      hold(edit(held, to(server, "maint")));
      save(held);
    },
    async cut(server) {
      enter("cut", server);
      return sessions.cut(server);
    },
    async observe() {
      enter("observe");
      return serversOf(held).map(
        ({ name, backend, address, port, weight, state }): RoutedServer => ({
          backend,
          name,
          address,
          port,
          weight,
          state,
          sessions: sessions.count(name),
        }),
      );
    },
    async sessions(servers) {
      enter("sessions", servers.join(" "));
      return new Map(servers.map((server) => [server, sessions.count(server)]));
    },
    async foreignListeners(asked) {
      enter("foreignListeners", asked.join(" "));
      return foreign(asked);
    },
    async repair() {
      enter("repair");
      const { commands } = difference(held, wanted, settings);
      hold(wanted);
      return new Set(commands.map(({ about }) => about)).size;
    },
    async replace() {
      enter("replace");
      await pause(control.reloadMs);
      control.replacements++;
    },
    async close() {
      enter("close");
      await saving;
    },
    async stop() {
      enter("stop");
      started = false;
      held = NOTHING;
      sessions.clear();
    },
  };
};
