import { Readable } from "node:stream";
import { type Static, type TSchema, Type } from "typebox";

/** A schema for what a stream carries, piece by piece. */
export const streamed = <S extends TSchema>(schema: S) => Type.Unsafe<Static<S> | Readable>(schema);

const HEARTBEAT_MS = 15_000;

/** A text stream to one reader, fed from callbacks. */
export interface Feed {
  readonly body: Readable;
  write(text: string): void;
  end(): void;
}

/**
 * `closed` runs once, when the reader leaves, is let go, or the feed ends. `heartbeat` null sends none.
 * A reader with more than `backlog` bytes unread is let go.
 */
export function feed(how: { heartbeat: string | null; backlog: number }, closed: () => void): Feed {
  const body = new Readable({ read() {}, highWaterMark: 0 });
  const beat = how.heartbeat === null ? null : setInterval(() => body.push(how.heartbeat), HEARTBEAT_MS);
  beat?.unref();
  body.once("close", () => {
    if (beat !== null) clearInterval(beat);
    closed();
  });
  return {
    body,
    write(text) {
      if (body.destroyed) return;
      body.push(text);
      if (body.readableLength > how.backlog) body.destroy();
    },
    end() {
      if (!body.destroyed) body.push(null);
    },
  };
}

/** One server-sent event (HTML standard, 9.2.6). `data` is one line of JSON. */
export function sse(event: string | null, id: number | null, data: unknown): string {
  return `${event === null ? "" : `event: ${event}\n`}${id === null ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
