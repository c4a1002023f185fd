import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { InstarError } from "../errors.ts";
import { parseReload, parseWorkers, type Worker } from "./answers.ts";
import { Turnstile } from "./turnstile.ts";

const LIMIT_MS = 5_000;
/** Not listed any more, or listed but past its last job: a worker closes its end when it leaves. */
const GONE = /^Can't (find the target PID|connect to the target CLI)/;
/** Answers take a few milliseconds; after so long the worker may be gone. */
const SILENCE_MS = 200;
const RELOAD_LIMIT_MS = 60_000;
/** The master's command line takes ten connections at once; beyond them the kernel answers EAGAIN, or nobody. */
const AT_ONCE = 5;
const BUSY_MS = 10;

/**
 * The master's command line on its unix socket: one command a connection, and through it every worker's.
 * Raises INS4002 when the socket does not answer.
 */
export class Master {
  readonly socket: string;
  readonly #turns = new Turnstile(AT_ONCE);

  constructor(socket: string) {
    this.socket = socket;
  }

  async workers(): Promise<readonly Worker[]> {
    return parseWorkers(await this.ask("show proc"));
  }

  /** The worker's answer, or null when it has gone in the meantime. */
  tell(worker: number, command: string): Promise<string | null> {
    return this.#turns.among(async () => {
      const gone = new AbortController();
      // A worker that ends before it takes the connection up leaves it open for ever (seen under reloads): look whether it is there.
      const looking = setInterval(() => void this.#abortWhenGone(worker, gone), SILENCE_MS);
      try {
        const answer = await this.#send(addressed(worker, command), LIMIT_MS, gone.signal);
        return answer === null || GONE.test(answer) ? null : answer;
      } finally {
        clearInterval(looking);
      }
    });
  }

  /**
   * Resolves when the new worker serves (HAProxy answers only then). The master replaces itself and resets its
   * other connections, so none is open meanwhile.
   */
  async reload(): Promise<{ readonly success: boolean; readonly said: string }> {
    return parseReload((await this.#turns.alone(() => this.#send("reload", RELOAD_LIMIT_MS))) ?? "");
  }

  async ask(command: string): Promise<string> {
    return (await this.#turns.among(() => this.#send(command, LIMIT_MS))) ?? "";
  }

  async #abortWhenGone(worker: number, gone: AbortController): Promise<void> {
    try {
      const listed = parseWorkers((await this.#send("show proc", LIMIT_MS)) ?? "");
      if (!listed.some(({ pid }) => pid === worker)) gone.abort();
    } catch (cause) {
      // The command under way ends by its own limit, with its own words.
      if (!(cause instanceof InstarError)) throw cause;
    }
  }

  /** Null only when `signal` says so. */
  async #send(command: string, limitMs: number, signal?: AbortSignal): Promise<string | null> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      try {
        return await exchange(this.socket, command, limitMs, signal);
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        if (code !== "EAGAIN" || performance.now() > deadline)
          throw new InstarError("INS4002", `the router does not answer on ${this.socket}: ${message}`, { cause });
        await sleep(BUSY_MS);
      }
    }
  }
}

/** The master takes a line apart at each `;`, and each part needs its worker (management guide 9.4). */
const addressed = (worker: number, command: string): string =>
  command
    .split("; ")
    .map((part) => `@!${worker} ${part}`)
    .join("; ");

function exchange(path: string, command: string, limitMs: number, signal?: AbortSignal): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const fail = (cause: Error): void => {
      socket.destroy();
      reject(cause);
    };
    signal?.addEventListener("abort", () => {
      socket.destroy();
      resolve(null);
    });
    const socket = connect(path, () => socket.end(`${command}\n`));
    socket.setTimeout(limitMs, () => fail(new Error(`no answer to "${command.slice(0, 60)}" within ${limitMs} ms`)));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", fail);
    socket.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
  });
}
