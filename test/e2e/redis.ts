import { connect, type Socket } from "node:net";

type Reply = string | number | null | readonly Reply[];

/** One connection that speaks RESP2 (redis.io, "Redis serialization protocol"); commands are answered in their order. */
export class Redis {
  private readonly socket: Socket;
  private readonly waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void }[] = [];
  private rest = Buffer.alloc(0);
  private broken: Error | null = null;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.take(chunk));
    socket.on("error", (error) => this.fail(error));
    socket.on("close", () => this.fail(new Error("connection closed")));
    socket.setTimeout(10_000, () => this.fail(new Error("no answer within 10 s")));
  }

  static open(port: number): Promise<Redis> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Redis(socket));
      });
    });
  }

  ask(...words: readonly string[]): Promise<Reply> {
    if (this.broken !== null) return Promise.reject(this.broken);
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private fail(error: Error): void {
    this.broken ??= error;
    this.socket.destroy();
    for (const { reject } of this.waiting.splice(0)) reject(this.broken);
  }

  private take(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    for (let next = replyAt(this.rest, 0); next !== null; next = replyAt(this.rest, 0)) {
      this.rest = this.rest.subarray(next.end);
      const asked = this.waiting.shift();
      if (next.reply instanceof Error) asked?.reject(next.reply);
      else asked?.resolve(next.reply);
    }
  }
}

/** The whole reply that begins at `from` and where it ends, or null while it is not all there. */
function replyAt(bytes: Buffer, from: number): { reply: Reply | Error; end: number } | null {
  const lineEnd = bytes.indexOf("\r\n", from);
  if (lineEnd < 0) return null;
  const kind = String.fromCharCode(bytes[from] ?? 0);
  const line = bytes.toString("utf8", from + 1, lineEnd);
  const end = lineEnd + 2;
  if (kind === "+") return { reply: line, end };
  if (kind === "-") return { reply: new Error(line), end };
  if (kind === ":") return { reply: Number(line), end };
  const length = Number(line);
  if (length < 0) return { reply: null, end };
  if (kind === "$")
    return bytes.length < end + length + 2 ? null : { reply: bytes.toString("utf8", end, end + length), end: end + length + 2 };
  if (kind !== "*") throw new Error(`no RESP2: ${kind}${line}`);
  const replies: Reply[] = [];
  let at = end;
  for (let n = 0; n < length; n++) {
    const next = replyAt(bytes, at);
    if (next === null) return null;
    if (next.reply instanceof Error) return next;
    replies.push(next.reply);
    at = next.end;
  }
  return { reply: replies, end: at };
}
