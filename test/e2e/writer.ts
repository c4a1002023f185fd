import { pause } from "./until.ts";

/** One connection of a client. Each of its methods may reject: the connection is then given up. */
export interface Connection {
  /** Resolves when the server has acknowledged row `n`. Writing it a second time changes nothing. */
  write(n: number): Promise<void>;
  close(): void;
}

const AGAIN_MS = 20;

/**
 * Writes the rows 1, 2, 3 … at `rate` a second, one at a time, as an application would: when its connection breaks it makes
 * another and sends the same row again, and afterwards it catches up.
 */
export class Writer {
  /** Rows 1 … acknowledged are promised to be there. */
  acknowledged = 0;
  /** The longest time between two acknowledgements, in ms. */
  longestGapMs = 0;
  connections = 0;
  /** What went wrong on connections, by how often. */
  readonly troubles = new Map<string, number>();

  private readonly connect: () => Promise<Connection>;
  private readonly rate: number;
  private readonly done: Promise<void>;
  private over = false;

  constructor(connect: () => Promise<Connection>, rate: number) {
    this.connect = connect;
    this.rate = rate;
    this.done = this.work();
    // Whoever stops it gets the rejection.
    this.done.catch(() => undefined);
  }

  /** Ends after the row that is under way. */
  async stop(): Promise<void> {
    this.over = true;
    await this.done;
  }

  inWords(): string {
    const troubles = [...this.troubles].map(([what, count]) => `${count} × ${what}`).join(", ");
    return `${this.acknowledged} rows acknowledged over ${this.connections} connections, longest wait of the client ${Math.round(this.longestGapMs)} ms${troubles === "" ? "" : ` (${troubles})`}`;
  }

  private async work(): Promise<void> {
    const startedAt = performance.now();
    let lastAt = startedAt;
    let connection: Connection | null = null;
    while (!this.over) {
      const dueAt = startedAt + (this.acknowledged * 1000) / this.rate;
      if (performance.now() < dueAt) await pause(dueAt - performance.now());
      try {
        if (connection === null) {
          connection = await this.connect();
          this.connections++;
        }
        await connection.write(this.acknowledged + 1);
      } catch (error) {
        // Every failure of a client is a reason to connect again; the rows that count are the acknowledged ones.
        const { code, message } = error as NodeJS.ErrnoException;
        this.troubles.set(code ?? message, (this.troubles.get(code ?? message) ?? 0) + 1);
        connection?.close();
        connection = null;
        await pause(AGAIN_MS);
        continue;
      }
      this.acknowledged++;
      this.longestGapMs = Math.max(this.longestGapMs, performance.now() - lastAt);
      lastAt = performance.now();
    }
    connection?.close();
  }
}
