import type { Control, ServiceKey } from "./control.ts";
import type { Engine, LogLine } from "./ports.ts";
import type { Store } from "./store.ts";

/** Deployments whose jobs' lines are shown too. */
const RECENT = 3;

/** The lines of all instances of a service: the last ones in order of time, then, with `follow`, as they come. */
export async function* mergeLogs(
  engine: Engine,
  store: Store,
  of: ServiceKey,
  how: Parameters<Control["logs"]>[1],
): AsyncGenerator<LogLine> {
  const instances = await engine.instances(of);
  const past: LogLine[] = [];
  // What ran once is gone, but for what it wrote.
  for (const { at, instance, log } of await store.completions(of))
    for (const text of log.slice(how.tail === null ? 0 : -how.tail)) past.push({ at, stream: "stdout", instance, text });
  const withJobs = (await store.deployments(of, RECENT)).map(({ id }) => id);
  for (const id of withJobs.reverse())
    for (const { container, result } of await store.jobsOf(id))
      for (const text of result?.log.slice(how.tail === null ? 0 : -how.tail) ?? [])
        past.push({ at: result?.endedAt ?? 0, stream: "stdout", instance: container, text });
  for (const i of instances)
    for await (const line of engine.logs(i.name, { follow: false, tail: how.tail, signal: how.signal })) past.push(line);
  past.sort((a, b) => a.at - b.at);
  const from = how.tail === null ? 0 : Math.max(0, past.length - how.tail);
  for (let i = from; i < past.length; i++) {
    const line = past[i];
    if (line !== undefined) yield line;
  }
  if (how.follow) yield* follow(engine, of, how.signal);
}

async function* follow(engine: Engine, of: ServiceKey, signal: AbortSignal): AsyncGenerator<LogLine> {
  const queue: LogLine[] = [];
  let wake: () => void = () => undefined;
  const instances = await engine.instances(of);
  const readers = instances.map(async (i) => {
    for await (const line of engine.logs(i.name, { follow: true, tail: 0, signal })) {
      queue.push(line);
      wake();
    }
  });
  let open = true;
  let failure: unknown = null;
  Promise.all(readers).then(
    () => {
      open = false;
      wake();
    },
    (cause: unknown) => {
      failure = cause;
      open = false;
      wake();
    },
  );
  while (open || queue.length > 0) {
    const line = queue.shift();
    if (line !== undefined) yield line;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (!open || queue.length > 0) resolve();
      });
  }
  if (failure !== null && !signal.aborted) throw failure;
}
