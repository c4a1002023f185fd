import type { Control, ServiceKey } from "./control.ts";
import type { Engine, EngineInstance, LogLine } from "./ports.ts";
import type { Store } from "./store.ts";

/** Deployments whose jobs' lines are shown too. */
const RECENT = 3;

/** Engine's id → how far its log was read: the stamp of the last line. */
type Marks = Map<string, string>;

export interface LogsOffice {
  readonly engine: Engine;
  readonly store: Store;
  readonly subscribe: Control["subscribe"];
}

/**
 * The lines of all instances of a service, the last `tail` of each: in order of time, then, with `follow`, as they come. Of each
 * instance one line is held and no more is read, so that a slow reader slows the source, whatever the log's length.
 */
export async function* mergeLogs(office: LogsOffice, of: ServiceKey, how: Parameters<Control["logs"]>[1]): AsyncGenerator<LogLine> {
  const { engine, store } = office;
  const left = new AbortController();
  const signal = AbortSignal.any([how.signal, left.signal]);
  const marks: Marks = new Map();
  try {
    const instances = await engine.instances(of);
    yield* inOrder([
      (await keptLines(store, of, how.tail)).values(),
      ...instances.map((one) => pastOf(engine, one, marks, { tail: how.tail, signal })),
    ]);
    if (how.follow) yield* follow(office, of, marks, signal);
  } finally {
    left.abort();
  }
}

/** What ran once is gone, but for what it wrote. */
async function keptLines(store: Store, of: ServiceKey, tail: number | null): Promise<LogLine[]> {
  const last = (log: readonly string[]): readonly string[] => (tail === null ? log : log.slice(Math.max(0, log.length - tail)));
  const lines: LogLine[] = [];
  for (const { at, instance, log } of await store.completions(of))
    for (const text of last(log)) lines.push({ at, stream: "stdout", instance, text });
  const withJobs = (await store.deployments(of, RECENT)).map(({ id }) => id);
  for (const id of withJobs.reverse())
    for (const { container, result } of await store.jobsOf(id))
      for (const text of last(result?.log ?? [])) lines.push({ at: result?.endedAt ?? 0, stream: "stdout", instance: container, text });
  return lines.sort((a, b) => a.at - b.at);
}

interface Extent {
  readonly tail: number | null;
  readonly signal: AbortSignal;
}

/** With a tail of 0 the last line is looked at all the same: what is followed begins after it. */
async function* pastOf(engine: Engine, { id, name }: EngineInstance, marks: Marks, { tail, signal }: Extent): AsyncGenerator<LogLine> {
  for await (const { stamp, ...line } of engine.logs(name, { follow: false, tail: tail === 0 ? 1 : tail, signal })) {
    marks.set(id, stamp);
    if (tail !== 0) yield line;
  }
}

/** What comes after the mark, and nothing twice. */
async function* afterMark(engine: Engine, { id, name }: EngineInstance, marks: Marks, signal: AbortSignal): AsyncGenerator<LogLine> {
  const since = marks.get(id);
  for await (const { stamp, ...line } of engine.logs(name, { follow: true, tail: null, since, signal })) {
    if (stamp === since) continue;
    marks.set(id, stamp);
    yield line;
  }
}

/** One of several sources, each in order of time. */
async function* inOrder(sources: readonly (Iterator<LogLine> | AsyncIterator<LogLine>)[]): AsyncGenerator<LogLine> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, head: await source.next() })));
  for (;;) {
    let first: { at: number; one: (typeof heads)[number]; line: LogLine } | null = null;
    for (const one of heads)
      if (one.head.done !== true && (first === null || one.head.value.at < first.at))
        first = { at: one.head.value.at, one, line: one.head.value };
    if (first === null) return;
    yield first.line;
    first.one.head = await first.one.source.next();
  }
}

/**
 * As lines come, from the instances there are and those that follow them: a deployment, a crash or a restart ends nothing. It ends when
 * nothing is to come: the service is removed, stopped or given up, or what ran once is done.
 */
async function* follow(office: LogsOffice, of: ServiceKey, marks: Marks, signal: AbortSignal): AsyncGenerator<LogLine> {
  const { engine, store, subscribe } = office;
  /** At most one of each instance. */
  const ready: { readonly id: string; readonly lines: AsyncIterator<LogLine>; readonly line: LogLine }[] = [];
  const open = new Set<string>();
  /** Engine's id → the start whose lines were asked for. */
  const opened = new Map<string, number | null>();
  let stale = true;
  let failure: { readonly cause: unknown } | null = null;
  let wake: () => void = () => undefined;
  const failed = (cause: unknown): void => {
    failure ??= { cause };
    wake();
  };
  const read = (id: string, lines: AsyncIterator<LogLine>): void => {
    lines.next().then((next) => {
      if (next.done === true) {
        open.delete(id);
        stale = true;
      } else ready.push({ id, lines, line: next.value });
      wake();
    }, failed);
  };
  const listen = async (): Promise<void> => {
    for await (const { kind, action, labels } of engine.events(signal)) {
      const mine = labels["dev.instar.stack"] === of.stack && labels["dev.instar.service"] === of.service;
      if (kind !== "resync" && !(kind === "container" && mine && (action === "start" || action === "destroy"))) continue;
      stale = true;
      wake();
    }
  };
  listen().then(() => wake(), failed);
  // A first version that failed keeps its instance for people to read: of its end the engine tells before the service is given up.
  const unsubscribe = subscribe(({ kind, stack, service }) => {
    if (stack !== of.stack || service !== of.service || !kind.startsWith("deployment.")) return;
    stale = true;
    wake();
  });
  signal.addEventListener("abort", unsubscribe, { once: true });
  while (!signal.aborted) {
    const next = ready.shift();
    if (next !== undefined) {
      yield next.line;
      read(next.id, next.lines);
    } else if (failure !== null) throw (failure as { readonly cause: unknown }).cause;
    else if (stale) {
      stale = false;
      const instances = await engine.instances(of);
      for (const one of instances) {
        const known = opened.get(one.id);
        const again = known !== undefined && (one.startedAt === null || one.startedAt === known);
        if (open.has(one.id) || again || one.state === "created") continue;
        open.add(one.id);
        opened.set(one.id, one.startedAt);
        read(one.id, afterMark(engine, one, marks, signal));
      }
      if (open.size === 0 && (await isOver(store, of, instances))) return;
    } else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
}

async function isOver(store: Store, of: ServiceKey, instances: readonly EngineInstance[]): Promise<boolean> {
  const row = await store.service(of);
  if (row === null || row.removed || row.stopped || row.replicas === 0 || row.halted !== null) return true;
  return instances.length === 0 && (await store.completions(of)).length > 0;
}
