import { WebSocket } from "ws";
import type { LoadOptions, WebSocketRecord } from "./report.ts";

const EVERY_MS = 200;
const ECHO_WITHIN_MS = 5000;

/** One client that stays connected: says something every 200 ms, expects it back, and connects again after a cut. */
export class SocketClient {
  readonly records: WebSocketRecord[] = [];
  private readonly url: string;
  private readonly app: string | null;
  private ending = false;
  private current: WebSocket | null = null;
  private done: Promise<void> = Promise.resolve();

  constructor(options: LoadOptions) {
    this.url = `${options.url.replace(/^http/, "ws")}/ws`;
    this.app = options.app;
  }

  start(): void {
    this.done = this.live();
  }

  async stop(): Promise<void> {
    this.ending = true;
    this.current?.close(1000);
    await this.done;
  }

  private async live(): Promise<void> {
    while (!this.ending) {
      const record = await this.once();
      this.records.push(record);
      // A refusal is counted; asking again in a busy loop would only count the same one many times.
      if (record.openedAt === null) await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  private once(): Promise<WebSocketRecord> {
    return new Promise((resolve) => {
      const socket = new WebSocket(this.url, { handshakeTimeout: 30_000, perMessageDeflate: false });
      this.current = socket;
      let openedAt: number | null = null;
      const hello: { version?: string; instance?: string; app?: string } = {};
      let greeted = false;
      let error: string | null = null;
      let sent = 0;
      let echoed = 0;
      let waitingSince: number | null = null;

      const fail = (why: string): void => {
        error ??= why;
        socket.terminate();
      };
      const beat = setInterval(() => {
        if (openedAt === null) return;
        if (waitingSince !== null) {
          if (Date.now() - waitingSince > ECHO_WITHIN_MS) fail(`no echo within ${ECHO_WITHIN_MS} ms`);
          return;
        }
        if (socket.readyState !== WebSocket.OPEN || !greeted) return;
        sent += 1;
        waitingSince = Date.now();
        socket.send(`message ${sent}`);
      }, EVERY_MS);

      socket.on("open", () => {
        openedAt = Date.now();
        waitingSince = openedAt;
        if (this.ending) socket.close(1000);
      });
      socket.on("message", (data: Buffer) => {
        waitingSince = null;
        const text = data.toString("utf8");
        if (!greeted) {
          greeted = true;
          Object.assign(hello, JSON.parse(text));
          if (this.app !== null && hello.app !== this.app) fail(`answered by ${hello.app}, which is another service`);
          return;
        }
        echoed += 1;
        if (text !== `message ${sent}`) fail(`wrong echo: ${text.slice(0, 60)}`);
      });
      // After the upgrade a reset is a cut like any other; before it, a refusal.
      socket.on("error", (cause) => {
        if (openedAt === null && !this.ending) error ??= `refused: ${cause.message}`;
      });
      socket.on("close", (code) => {
        clearInterval(beat);
        const { version = null, instance = null } = hello;
        resolve({ openedAt, closedAt: Date.now(), version, instance, sent, echoed, code, byUs: this.ending, error });
      });
    });
  }
}
