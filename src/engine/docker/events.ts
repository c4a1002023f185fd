import { setTimeout as wait } from "node:timers/promises";
import { InstarError } from "../../errors.ts";
import type { EngineEvent } from "../../reconcile/ports.ts";
import type { DockerClient } from "./client.ts";
import type { Inspects } from "./inspects.ts";
import { LABEL } from "./labels.ts";
import { linesOf } from "./lines.ts";

/** One line of `GET /events`. */
interface Message {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> | null };
  readonly timeNano: number;
  readonly time: number;
}

const KINDS = ["container", "network", "volume", "image"] as const;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;
/** More than dockerd's own ring of 256 can bring twice. */
const REMEMBERED = 1024;
/** A reader that has fallen this far behind is told to look at everything instead. */
const WAITING_LIMIT = 10_000;

/**
 * Events of our containers and of every network, volume and image, newest last. `resync` comes after each
 * (re)connect, `cut` when the stream ends or its reader is too slow. With `since` (ms) it begins with what the engine remembers from then on. Reads eagerly, whatever the pace of the caller: remembered inspects depend on it.
 * Ends, without an error, when the signal fires.
 */
export async function* dockerEvents(
  client: DockerClient,
  installation: string,
  inspects: Inspects,
  signal: AbortSignal,
  since?: number,
): AsyncGenerator<EngineEvent> {
  const waiting: EngineEvent[] = [];
  let wake: () => void = () => {};
  let failure: unknown = null;
  const emit = (event: EngineEvent): void => {
    // Since the oldest of them nothing was heard.
    const [oldest] = waiting;
    if (oldest !== undefined && waiting.length >= WAITING_LIMIT)
      waiting.splice(0, waiting.length, { ...mark("cut", oldest.at), action: "slow" }, resync(event.at));
    waiting.push(event);
    wake();
  };
  const closing = new AbortController();
  const ending = AbortSignal.any([signal, closing.signal]);
  const reading = readForEver(client, installation, inspects, ending, emit, since).catch((error: unknown) => {
    failure = error;
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    while (!signal.aborted) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (failure !== null) throw failure;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    closing.abort();
    await reading;
  }
}

const mark = (kind: "resync" | "cut", at: number): EngineEvent => ({ at, action: kind, kind, name: "", labels: {}, exitCode: null });
const resync = (at: number): EngineEvent => mark("resync", at);

const readForEver = async (
  client: DockerClient,
  installation: string,
  inspects: Inspects,
  ending: AbortSignal,
  emit: (event: EngineEvent) => void,
  from = Date.now(),
): Promise<void> => {
  // The engine is on this machine and shares its clock. Asking for what came since now also closes the
  // gap between the answer's headers and the engine's own subscription.
  let since = `${from / 1000}`;
  let pause = FIRST_PAUSE_MS;
  const seen = new Set<string>();
  while (!ending.aborted) {
    let unwatch = (): void => {};
    let connected = false;
    try {
      // A daemon that comes back may be another version.
      await client.negotiate();
      const stream = await client.stream("GET", "/events", { query: { since, filters: { type: [...KINDS] } }, signal: ending });
      unwatch = inspects.watch();
      pause = FIRST_PAUSE_MS;
      emit(resync(Date.now()));
      connected = true;
      for await (const line of linesOf(stream)) {
        if (line === "") continue;
        const message = JSON.parse(line) as Message;
        const key = `${message.timeNano} ${message.Actor.ID} ${message.Action}`;
        if (seen.has(key)) continue;
        remember(seen, key);
        since = nanoTime(message);
        const { ID, Attributes } = message.Actor;
        inspects.touch(message.Type === "network" ? (Attributes?.["container"] ?? "") : ID);
        const event = eventOf(message, installation);
        if (event !== null) emit(event);
      }
    } catch (error) {
      if (ending.aborted) return;
      if (!isBroken(error)) throw error;
    } finally {
      unwatch();
      if (connected) emit(mark("cut", Date.now()));
    }
    if (await paused(pause, ending)) return;
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
};

/** The stream or the engine went away: what reconnecting is for. */
const isBroken = (error: unknown): boolean =>
  (error instanceof InstarError && (error.code === "INS3001" || error.code === "INS3005")) ||
  (error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "ERR_STREAM_PREMATURE_CLOSE")) ||
  error instanceof SyntaxError;

const paused = async (ms: number, ending: AbortSignal): Promise<boolean> => {
  try {
    await wait(ms, undefined, { signal: ending });
    return false;
  } catch (error) {
    if (ending.aborted) return true;
    throw error;
  }
};

const remember = (seen: Set<string>, key: string): void => {
  seen.add(key);
  if (seen.size <= REMEMBERED) return;
  for (const oldest of seen) {
    seen.delete(oldest);
    return;
  }
};

// JSON numbers lose the last digits of a nanosecond count; the text keeps microseconds, rounded down.
const nanoTime = (message: Message): string => {
  const microseconds = Math.floor(message.timeNano / 1000) - 1;
  return `${Math.floor(microseconds / 1_000_000)}.${String(microseconds % 1_000_000).padStart(6, "0")}`;
};

/** null: a container that is not ours. */
export const eventOf = (message: Message, installation: string): EngineEvent | null => {
  const kind = KINDS.find((kind) => kind === message.Type);
  if (kind === undefined) return null;
  const { name, exitCode, ...labels } = message.Actor.Attributes ?? {};
  if (kind === "container" && labels[LABEL.installation] !== installation) return null;
  // `exec_create: sh -c …` and `health_status: healthy` carry their detail behind the action.
  const [action = "", ...more] = message.Action.split(": ");
  const detail = action === "kill" && labels["signal"] !== undefined ? [labels["signal"]] : more;
  return {
    at: Math.floor(message.timeNano / 1_000_000),
    action,
    kind,
    id: message.Actor.ID,
    name: name ?? message.Actor.ID,
    labels,
    exitCode: exitCode === undefined ? null : Number(exitCode),
    ...(detail.length === 0 ? {} : { detail: detail.join(": ") }),
  };
};
