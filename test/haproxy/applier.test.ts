import { beforeEach, describe, expect, test } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { Applier, type Target } from "../../src/haproxy/applier.ts";
import { asLoaded } from "../../src/haproxy/fleet.ts";
import type { Command } from "../../src/route/difference.ts";
import { difference } from "../../src/route/difference.ts";
import type { RouteTable } from "../../src/route/types.ts";
import { EMPTY, listener, SETTINGS, server, shop, WEB } from "../route/tables.ts";

/** A worker that does what it is told, and can be told to do otherwise. */
class Worker implements Target {
  readonly settings = SETTINGS;
  readonly done: string[] = [];
  holds: RouteTable;
  reloads = 0;
  saved: RouteTable[] = [];
  failures: unknown[] = [];
  /** Null: a reload may begin at once. */
  slot: Promise<void> | null = null;
  slotsAsked = 0;
  stuck = new Set<string>();
  refuse: ((command: Command) => Error | null) | null = null;
  taken: number[] = [];
  unknown = false;

  constructor(holds: RouteTable) {
    this.holds = holds;
  }

  async perform(command: Command): Promise<boolean> {
    const refusal = this.refuse?.(command) ?? null;
    if (refusal !== null) throw refusal;
    this.done.push(command.text);
    return !(command.kind === "remove" && this.stuck.has(command.about));
  }

  async readBack(): Promise<RouteTable | null> {
    return this.unknown ? null : this.holds;
  }

  async checkPorts(_from: RouteTable, to: RouteTable): Promise<void> {
    const port = to.listeners.find((one) => this.taken.includes(one.port));
    if (port !== undefined) throw new InstarError("INS4001", `port ${port.port} is taken`);
  }

  async reloadSlot(): Promise<void> {
    this.slotsAsked++;
    await this.slot;
  }

  async reload(_from: RouteTable | null, to: RouteTable): Promise<void> {
    this.reloads++;
    this.unknown = false;
    this.holds = asLoaded(to);
  }

  changed(table: RouteTable): void {
    this.saved.push(table);
    this.holds = table;
  }

  failed(cause: unknown): void {
    this.failures.push(cause);
  }
}

const wider = (table: RouteTable): RouteTable => ({ ...table, listeners: [...table.listeners, listener(9_999, WEB)] });
const draining = (name: string): RouteTable => shop([server(name, { state: "drain" })]);

describe("the applier", () => {
  let worker: Worker;
  let applier: Applier;
  beforeEach(() => {
    worker = new Worker(shop([server("a")]));
    applier = new Applier(worker, worker.holds);
  });

  test("run-time changes need no reload, and are saved", async () => {
    await applier.apply(shop([server("a"), server("b")]));
    expect(worker.reloads).toBe(0);
    expect(worker.done[0]).toContain("add server be:shop:web:8080/b");
    expect(worker.saved.at(-1)).toEqual(shop([server("a"), server("b")]));
    expect(applier.held).toEqual(shop([server("a"), server("b")]));
  });

  test("calls in between are one pass for the newest", async () => {
    await Promise.all([applier.apply(shop([server("b")])), applier.apply(shop([server("c")])), applier.apply(shop([server("d")]))]);
    expect(worker.done.filter((text) => text.startsWith("add"))).toEqual([expect.stringContaining("/d ")]);
  });

  test("a drain does not wait for the reload that waits for its slot", async () => {
    let open = (): void => undefined;
    worker.slot = new Promise((resolve) => {
      open = resolve;
    });
    let first = false;
    const structural = applier.apply(wider(shop([server("a")]))).then(() => {
      first = true;
    });
    await expect.poll(() => worker.slotsAsked).toBe(1);
    const both = applier.apply(wider(draining("a")));
    await expect.poll(() => worker.done).toContain("set server be:shop:web:8080/a state drain");
    expect([first, worker.reloads]).toEqual([false, 0]);
    open();
    await Promise.all([structural, both]);
    expect(worker.reloads).toBe(1);
    // The file knows no drain: the new worker is told.
    expect(worker.done.filter((text) => text.endsWith("state drain"))).toHaveLength(2);
  });

  test("a taken port changes nothing at all, and the next table is not in its way", async () => {
    worker.taken = [9_999];
    await expect(applier.apply(wider(shop([server("b")])))).rejects.toMatchObject({ code: "INS4001" });
    expect([worker.done, worker.reloads]).toEqual([[], 0]);
    expect(applier.wanted).toEqual(shop([server("a")]));
    await applier.apply(shop([server("c")]));
    expect(worker.done[0]).toContain("/c ");
  });

  test("unsafe text is refused before anything is touched", async () => {
    await expect(applier.apply(shop([server("a\nb")]))).rejects.toMatchObject({ code: "INS1014" });
    expect(worker.done).toEqual([]);
    await applier.apply(shop([server("a")]));
  });

  test("where its picture was wrong it looks, and tries once more", async () => {
    await applier.apply(shop([server("a")]));
    worker.holds = shop([server("a"), server("b")]);
    worker.refuse = ({ text }) => (text.startsWith("add") ? new InstarError("INS4002", "Already exists a server") : null);
    await applier.apply(shop([server("a"), server("b")]));
    expect(worker.failures).toEqual([]);
  });

  test("a worker that refuses twice is an error, and what is wanted stays", async () => {
    worker.refuse = () => new InstarError("INS4002", "no");
    await expect(applier.apply(shop([server("b")]))).rejects.toMatchObject({ code: "INS4002" });
    expect(worker.failures).toHaveLength(1);
    worker.refuse = null;
    await applier.lookAgain();
    expect(worker.done[0]).toContain("/b ");
  });

  test("a process whose listeners are not known is reloaded", async () => {
    worker.unknown = true;
    await applier.apply(shop([server("a")]));
    expect(worker.reloads).toBe(1);
  });

  test("a server that cannot be removed yet is tried again, and saved as gone", async () => {
    worker.stuck.add(`${WEB}/a`);
    await applier.apply(shop([server("b")]));
    expect(applier.held.backends[0]?.servers.map(({ name, state }) => `${name} ${state}`)).toEqual(["b ready", "a maint"]);
    expect(worker.saved.at(-1)).toEqual(shop([server("b")]));
    worker.stuck.clear();
    await expect.poll(() => worker.done.filter((text) => text.startsWith("del")).length, { timeout: 3_000 }).toBe(2);
    expect(applier.held.backends[0]?.servers.map(({ name }) => name)).toEqual(["b"]);
  });

  test("an amendment comes after the pass that is under way", async () => {
    const applied = applier.apply(shop([server("a"), server("b")]));
    applier.amend((table) => ({ ...table, backends: draining("b").backends }));
    await applied;
    await expect.poll(() => worker.done.at(-1)).toContain("del server be:shop:web:8080/a");
    expect(difference(applier.held, draining("b"), SETTINGS).commands).toEqual([]);
  });

  test("nothing runs while someone has it to himself, a waiting reload included", async () => {
    worker.slot = new Promise(() => undefined);
    const waiting = applier.apply(wider(shop([server("a")])));
    let during: number | null = null;
    await applier.exclusively(async () => {
      const before = worker.done.length;
      applier.amend(() => wider(draining("a")));
      await new Promise((resolve) => setTimeout(resolve, 20));
      during = worker.done.length - before;
      worker.slot = null;
    });
    expect(during).toBe(0);
    await waiting;
    expect(worker.reloads).toBe(1);
  });

  test("one that wants it to himself while another has it does not wait for whom he keeps waiting", async () => {
    const order: string[] = [];
    let end = (): void => undefined;
    const first = applier.exclusively(async () => {
      order.push("first");
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    const second = applier.exclusively(async () => void order.push("second"));
    const applied = applier.apply(shop([server("a"), server("b")])).then(() => order.push("applied"));
    await expect.poll(() => order).toEqual(["first"]);
    const looked = first.then(() => applier.lookAgain());
    end();
    await Promise.all([second, applied, looked]);
    expect(order).toEqual(["first", "second", "applied"]);
  });

  test("when it is closed, whoever waits is told", async () => {
    worker.slot = new Promise(() => undefined);
    const waiting = applier.apply(wider(shop([server("a")])));
    await expect.poll(() => applier.wanted.listeners.length).toBe(3);
    applier.close();
    await expect(waiting).rejects.toMatchObject({ code: "INS4002" });
  });

  test("an empty router", async () => {
    worker.holds = EMPTY;
    applier = new Applier(worker, EMPTY);
    await applier.apply(shop());
    expect(worker.reloads).toBe(1);
    expect(applier.held).toEqual(shop());
  });
});
