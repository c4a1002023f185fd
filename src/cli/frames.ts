/** What `POST /v1/execs/ID/run` answers, piece by piece. */
export interface Piece {
  /** 1 stdout, 2 stderr, 3 the exit code, 4 an error. */
  readonly type: number;
  readonly payload: Buffer;
}

const HEADER = 8;

export async function* piecesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER) {
      const end = HEADER + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield { type: rest[0] ?? 0, payload: rest.subarray(HEADER, end) };
      rest = rest.subarray(end);
    }
  }
}
