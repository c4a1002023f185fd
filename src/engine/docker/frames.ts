/** One write of the container, as the engine frames it (Engine API, "Stream format"): 8 bytes of header, then the payload. */
export interface Frame {
  readonly stream: "stdout" | "stderr";
  readonly payload: Buffer;
}

const HEADER = 8;

export async function* framesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER) {
      const end = HEADER + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield { stream: rest[0] === 2 ? "stderr" : "stdout", payload: rest.subarray(HEADER, end) };
      rest = rest.subarray(end);
    }
  }
}

/** A terminal's output has no frames. */
export async function* rawFrames(stream: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  for await (const chunk of stream) yield { stream: "stdout", payload: chunk };
}
