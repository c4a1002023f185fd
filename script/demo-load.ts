import { Agent, request } from "node:http";

const TIMEOUT_MS = 30_000;

export interface Answer {
  readonly status: number;
  readonly version: string;
  readonly body: string;
}

/** One request to loopback. `agent` false takes a connection of its own. Rejects when no whole answer comes. */
export function ask(port: number, path: string, more: { method?: string; body?: string; agent?: Agent | false } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, method: more.method ?? "GET", agent: more.agent ?? false, timeout: TIMEOUT_MS };
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const version = response.headers["x-version"];
        resolve({
          status: response.statusCode ?? 0,
          version: typeof version === "string" ? version : "",
          body: Buffer.concat(chunks).toString(),
        });
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    outgoing.on("error", reject);
    outgoing.end(more.body);
  });
}

/**
 * Open-loop load: a request starts every 1000/`perSecond` ms whether or not the ones before were answered, every other one
 * on a new connection. What is not answered with 2xx is a failure.
 */
export class Load {
  readonly failures: string[] = [];
  /** Answers by the version that gave them. */
  readonly versions = new Map<string, number>();
  slowestMs = 0;
  sent = 0;
  readonly #name: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 50 });
  readonly #underWay = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  /** `one` makes the n-th request, with a kept-alive agent or on a connection of its own. */
  constructor(name: string, perSecond: number, one: (n: number, agent: Agent | false) => Promise<Answer>) {
    this.#name = name;
    this.#timer = setInterval(() => {
      const n = this.sent++;
      const since = performance.now();
      const finished = one(n, n % 2 === 0 ? this.#agent : false)
        .then(
          (answer) => this.#count(answer, n),
          (error: unknown) => this.#fail(error instanceof Error ? error.message : String(error), n),
        )
        .then(() => {
          this.slowestMs = Math.max(this.slowestMs, performance.now() - since);
          this.#underWay.delete(finished);
        });
      this.#underWay.add(finished);
    }, 1000 / perSecond);
  }

  #count({ status, version, body }: Answer, n: number): void {
    if (status < 200 || status > 299) this.#fail(`${status} ${body.slice(0, 80).trim()}`, n);
    else this.versions.set(version, (this.versions.get(version) ?? 0) + 1);
  }

  #fail(why: string, n: number): void {
    this.failures.push(`${new Date().toISOString()} ${this.#name} ${n} (${n % 2 === 0 ? "kept-alive" : "new"} connection): ${why}`);
  }

  /** Starts no more requests and waits for those under way. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    this.#agent.destroy();
  }
}
