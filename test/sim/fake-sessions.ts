import type { Clock } from "../../src/reconcile/ports.ts";

/** One connection that stays on a server until it ends or is cut. */
export interface FakeSession {
  readonly server: string;
  readonly open: boolean;
  end(): void;
}

/** The sessions of a simulated router, by server. */
export class FakeSessions {
  private readonly clock: Clock;
  private readonly open = new Map<string, Set<FakeSession>>();
  private readonly told = new Map<string, number>();
  private readonly drains = new Map<string, number | null>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  start(server: string): FakeSession {
    const there = this.open.get(server) ?? new Set();
    this.open.set(server, there);
    const session: FakeSession = {
      server,
      get open() {
        return there.has(session);
      },
      end: () => void there.delete(session),
    };
    there.add(session);
    return session;
  }

  /** From a drain on, the sessions of this server end after so long; null: never by themselves. */
  drainsIn(server: string, ms: number | null): void {
    this.drains.set(server, ms);
  }

  /** The router says this number from now on, whatever is true; null: the truth again. */
  tell(server: string, sessions: number | null): void {
    if (sessions === null) this.told.delete(server);
    else this.told.set(server, sessions);
  }

  count(server: string): number {
    return this.told.get(server) ?? this.open.get(server)?.size ?? 0;
  }

  /** The truth, lies or not. */
  really(server: string): number {
    return this.open.get(server)?.size ?? 0;
  }

  /** The server takes nothing new from here on. */
  drained(server: string): void {
    const after = this.drains.get(server);
    if (after === undefined || after === null) return;
    const leaving = [...(this.open.get(server) ?? [])];
    this.clock.after(after, () => {
      for (const session of leaving) session.end();
    });
  }

  cut(server: string): number {
    const count = this.really(server);
    this.open.get(server)?.clear();
    return count;
  }

  clear(): void {
    for (const there of this.open.values()) there.clear();
  }
}
