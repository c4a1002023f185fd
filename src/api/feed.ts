import { Readable } from "node:stream";
import { type Static, type TSchema, Type } from "typebox";

/** A schema for what a stream carries, piece by piece. */
export const streamed = <S extends TSchema>(schema: S) => Type.Unsafe<Static<S> | Readable>(schema);

const HEARTBEAT_MS = 15_000;

/** A text stream to one reader, fed from callbacks. */
export interface Feed {
  readonly body: Readable;
  write(text: string): void;
  /** Resolves once the reader has taken all that was written, or has left. */
  taken(): Promise<void>;
  end(): void;
}

interface Feeding {
  /** null: none is sent. */
  readonly heartbeat: string | null;
  /** Bytes unread. */
  readonly backlog: number;
  /** What a reader that was slow is told of so many pieces that were left out, as a piece of its own; null: nothing. */
  readonly leftOut?: (count: number) => string | null;
}

/**
 * `closed` runs once, when the reader leaves, is let go, or the feed ends. A reader with more than `backlog` bytes unread is let go;
 * with `leftOut` it gets the first and the last pieces instead, and what lies between is dropped.
 */
export function feed(how: Feeding, closed: () => void): Feed {
  const { leftOut } = how;
  const late = new LastPieces();
  const flush = (): void => {
    const note = late.count === 0 ? null : leftOut?.(late.count);
    for (const text of [...(note == null ? [] : [note]), ...late.take()]) body.push(text);
  };
  const waiting: (() => void)[] = [];
  const release = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  const body = new Readable({
    read() {
      if (body.readableLength !== 0) return;
      if (late.waiting) flush();
      release();
    },
    highWaterMark: 0,
  });
  const beat = how.heartbeat === null ? null : setInterval(() => body.push(how.heartbeat), HEARTBEAT_MS);
  beat?.unref();
  body.once("close", () => {
    if (beat !== null) clearInterval(beat);
    release();
    closed();
  });
  return {
    body,
    write(text) {
      if (body.destroyed) return;
      if (leftOut !== undefined && (late.waiting || body.readableLength > how.backlog)) {
        late.add(text);
        return;
      }
      body.push(text);
      if (leftOut === undefined && body.readableLength > how.backlog) body.destroy();
    },
    taken: () =>
      body.destroyed || body.readableLength === 0 ? Promise.resolve() : new Promise<void>((resolve) => void waiting.push(resolve)),
    end() {
      if (body.destroyed) return;
      flush();
      body.push(null);
    },
  };
}

const LAST_PIECES = 100;
const LAST_BYTES = 64 * 1024;

/** The newest pieces that wait for a slow reader, bounded in number and size; the very last one is among them whatever its size. */
class LastPieces {
  #pieces: string[] = [];
  #bytes = 0;
  /** Dropped since the last were taken. */
  count = 0;

  get waiting(): boolean {
    return this.#pieces.length > 0;
  }

  add(text: string): void {
    this.#pieces.push(text);
    this.#bytes += text.length;
    while (this.#pieces.length > 1 && (this.#pieces.length > LAST_PIECES || this.#bytes > LAST_BYTES)) {
      this.#bytes -= this.#pieces.shift()?.length ?? 0;
      this.count++;
    }
  }

  take(): readonly string[] {
    const pieces = this.#pieces;
    [this.#pieces, this.#bytes, this.count] = [[], 0, 0];
    return pieces;
  }
}

/** One server-sent event (HTML standard, 9.2.6). `data` is one line of JSON. */
export function sse(event: string | null, id: number | null, data: unknown): string {
  return `${event === null ? "" : `event: ${event}\n`}${id === null ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
