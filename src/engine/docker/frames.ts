/** A piece of a container's output. */
export interface Frame {
  readonly stream: "stdout" | "stderr";
  /** One message of the log, of at most 16 KiB; else the pieces begin and end anywhere. */
  readonly message: boolean;
  readonly payload: Buffer;
}

const HEADER = 8;

/** Output as the engine frames it (Engine API, "Stream format"): 8 bytes of header, then the payload. */
export async function* framesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER) {
      const end = HEADER + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield { stream: rest[0] === 2 ? "stderr" : "stdout", message: true, payload: rest.subarray(HEADER, end) };
      rest = rest.subarray(end);
    }
  }
}

/** A terminal's output has no frames. */
export async function* rawFrames(stream: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  for await (const chunk of stream) yield { stream: "stdout", message: false, payload: chunk };
}
