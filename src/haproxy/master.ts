import { connect } from "node:net";
import { InstarError } from "../errors.ts";
import { parseReload, parseWorkers, type Worker } from "./answers.ts";

const LIMIT_MS = 5_000;
/** Not listed any more, or listed but past its last job: a worker closes its end when it leaves. */
const GONE = /^Can't (find the target PID|connect to the target CLI)/;
const RELOAD_LIMIT_MS = 60_000;

/**
 * The master's command line on its unix socket: one command a connection, and through it every worker's.
 * Raises INS4002 when the socket does not answer.
 */
export class Master {
  readonly socket: string;
  readonly #underway = new Set<Promise<string>>();
  #reloading: Promise<unknown> | null = null;

  constructor(socket: string) {
    this.socket = socket;
  }

  async workers(): Promise<readonly Worker[]> {
    return parseWorkers(await this.ask("show proc"));
  }

  /** The worker's answer, or null when it has gone in the meantime. */
  async tell(worker: number, command: string): Promise<string | null> {
    const answer = await this.ask(`@!${worker} ${command}`);
    return GONE.test(answer) ? null : answer;
  }

  /** Resolves when the new worker serves (HAProxy answers only then). */
  async reload(): Promise<{ readonly success: boolean; readonly said: string }> {
    while (this.#reloading !== null) await this.#reloading;
    // The master replaces itself and resets its other connections: they end first, and new ones wait.
    const reloading = Promise.allSettled(this.#underway).then(() => this.#send("reload", RELOAD_LIMIT_MS));
    const over = reloading.then(
      () => undefined,
      () => undefined,
    );
    this.#reloading = over;
    try {
      return parseReload(await reloading);
    } finally {
      this.#reloading = null;
    }
  }

  async ask(command: string): Promise<string> {
    while (this.#reloading !== null) await this.#reloading;
    const answer = this.#send(command, LIMIT_MS);
    this.#underway.add(answer);
    try {
      return await answer;
    } finally {
      this.#underway.delete(answer);
    }
  }

  #send(command: string, limitMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const fail = (cause: Error): void => {
        socket.destroy();
        reject(new InstarError("INS4002", `the router does not answer on ${this.socket}: ${cause.message}`, { cause }));
      };
      const socket = connect(this.socket, () => socket.end(`${command}\n`));
      socket.setTimeout(limitMs, () => fail(new Error(`no answer to "${command.slice(0, 60)}" within ${limitMs} ms`)));
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      socket.on("error", fail);
      socket.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    });
  }
}
