import type Docker from "dockerode";
import type { Engine, StampedLine } from "../../reconcile/ports.ts";
import type { DockerClient } from "./client.ts";
import { EngineRefusal, orMissing } from "./failure.ts";
import { type Frame, framesOf, rawFrames } from "./frames.ts";

/** `2026-11-22T19:48:53.661234567Z text`; the rest of a split line has a time of its own, which is dropped. */
const STAMP = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) ?/;

/** The engine splits longer lines here, and with the `local` driver not even the last part has an end (seen on 20.10). */
const SPLIT_BYTES = 16 * 1024;

/** A line that has no end (a progress bar, what is no text) is given in parts of so many characters. */
const LONGEST = 256 * 1024;

interface Partial {
  at: number;
  /** Of its last part: what comes after the line comes after that. */
  stamp: string;
  text: string;
  /** Part of it was given before. */
  cut: boolean;
}

/** Lines of one container, oldest first; those of two streams are in the order in which they were written. */
export async function* logLines(instance: string, frames: AsyncIterable<Frame>): AsyncGenerator<StampedLine> {
  const open: Record<Frame["stream"], Partial | null> = { stdout: null, stderr: null };
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const line = (stream: Frame["stream"], { at, stamp, text }: Partial): StampedLine => ({
    at,
    stamp,
    stream,
    instance,
    text: text.endsWith("\r") ? text.slice(0, -1) : text,
  });
  for await (const { stream, message, payload } of frames) {
    const pieces = decoders[stream].decode(payload, { stream: true }).split("\n");
    for (const [index, piece] of pieces.entries()) {
      const last = index === pieces.length - 1;
      if (piece === "" && last) break;
      const stamp = STAMP.exec(piece);
      const text = stamp === null ? piece : piece.slice(stamp[0].length);
      const current = open[stream] ?? { at: stamp === null ? 0 : Date.parse(stamp[1] ?? ""), stamp: "", text: "", cut: false };
      current.text += text;
      current.stamp = stamp?.[1] ?? current.stamp;
      open[stream] = current;
      const goesOn = !message || payload.length - (stamp?.[0].length ?? 0) >= SPLIT_BYTES;
      if (last && goesOn) {
        if (current.text.length < LONGEST) break;
        yield { ...line(stream, current), text: current.text };
        open[stream] = { ...current, text: "", cut: true };
        break;
      }
      if (!current.cut || current.text !== "") yield line(stream, current);
      open[stream] = null;
    }
  }
  for (const stream of ["stdout", "stderr"] as const) {
    const rest = open[stream];
    if (rest !== null && (!rest.cut || rest.text !== "")) yield line(stream, rest);
  }
}

/** The engine takes no time in words here: `2026-11-22T19:48:53.6612Z` → `1795376933.661200000`. */
function inSeconds(stamp: string): string {
  const fraction = /\.(\d+)/.exec(stamp)?.[1] ?? "";
  return `${Math.floor(Date.parse(stamp) / 1000)}.${fraction.padEnd(9, "0")}`;
}

export type Logs = Pick<Engine, "tail" | "logs">;

export const dockerLogs = (client: DockerClient): Logs => {
  async function* logs(name: string, how: Parameters<Engine["logs"]>[1]): AsyncGenerator<StampedLine> {
    const path = `/containers/${encodeURIComponent(name)}`;
    const inspect = await orMissing(client.ask<Docker.ContainerInspectInfo>("GET", `${path}/json`));
    if (inspect === null || how.signal.aborted) return;
    try {
      const query = {
        stdout: true,
        stderr: true,
        timestamps: true,
        follow: how.follow,
        tail: how.tail === null ? "all" : String(how.tail),
        ...(how.since === undefined || how.since === "" ? {} : { since: inSeconds(how.since) }),
      };
      const stream = await client.stream("GET", `${path}/logs`, { query, signal: how.signal });
      yield* logLines(name, inspect.Config.Tty ? rawFrames(stream) : framesOf(stream));
    } catch (error) {
      if (how.signal.aborted) return;
      if (!(error instanceof EngineRefusal && /does not support reading/.test(error.message))) throw error;
      const text = `(the logging driver ${inspect.HostConfig.LogConfig?.Type ?? ""} keeps nothing that could be read)`;
      // Once is enough.
      if (how.since === undefined) yield { at: Date.now(), stamp: "", stream: "stderr", instance: name, text };
    }
  }

  const tail: Engine["tail"] = async (name, lines) => {
    const found: string[] = [];
    for await (const line of logs(name, { follow: false, tail: lines, signal: new AbortController().signal })) found.push(line.text);
    return found.slice(-lines);
  };

  return { logs, tail };
};
