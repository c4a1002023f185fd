import { InstarError } from "../errors.ts";
import { type Containers, unframed } from "./container.ts";

/** One line in: a file. One line out: the exit code and what HAProxy said of it. */
const SCRIPT =
  'while read -r file; do said=$(haproxy -c -q -f "$file" 2>&1); echo "$? $(echo "$said" | grep -E "ALERT|error" | tr "\\n" " " | cut -c1-2000)"; done';

const LIMIT_MS = 20_000;

/**
 * Validates configurations inside the router container through one kept shell: 11-16 ms each, where a
 * fresh exec takes 70-100 ms.
 */
export class Checker {
  readonly #containers: Containers;
  readonly #container: string;
  #shell: Promise<Shell> | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(containers: Containers, container: string) {
    this.#containers = containers;
    this.#container = container;
  }

  /** `file` as the container sees it. Raises INS4003 with HAProxy's words, INS4002 when the shell is lost. */
  check(file: string): Promise<void> {
    const turn = this.#turn.then(
      () => this.#check(file),
      () => this.#check(file),
    );
    this.#turn = turn;
    return turn;
  }

  close(): void {
    const shell = this.#shell;
    this.#shell = null;
    // A shell that never opened has nothing to close, and its failure was told to who asked for it.
    shell?.then((open) => open.close()).catch(() => undefined);
  }

  async #check(file: string): Promise<void> {
    const answer = (await this.#ask(file)) ?? (await this.#ask(file));
    if (answer === null) throw new InstarError("INS4002", "the router container ended while it checked a configuration");
    if (!answer.startsWith("0 ")) throw new InstarError("INS4003", `HAProxy refuses the configuration: ${answer.slice(2)}`);
  }

  /** Null when the shell was lost, as it is whenever the container was restarted; the next one asked is a new one. */
  async #ask(file: string): Promise<string | null> {
    this.#shell ??= openShell(this.#containers, this.#container);
    const shell = this.#shell;
    try {
      const answer = await (await shell).ask(file);
      if (answer === null) this.close();
      return answer;
    } catch (cause) {
      this.#shell = null;
      throw cause;
    }
  }
}

interface Shell {
  /** Null when the shell is gone, or does not answer in time. */
  ask(line: string): Promise<string | null>;
  close(): void;
}

async function openShell(containers: Containers, container: string): Promise<Shell> {
  const stream = await containers.shell(container, SCRIPT);
  let settle: ((line: string | null) => void) | null = null;
  let lost = false;
  let raw = Buffer.alloc(0);
  let text = "";
  const answer = (line: string | null): void => {
    settle?.(line);
    settle = null;
  };
  const lose = (): void => {
    lost = true;
    answer(null);
  };
  stream.on("data", (chunk: Buffer) => {
    const { payload, rest } = unframed(Buffer.concat([raw, chunk]));
    raw = Buffer.from(rest);
    text += payload;
    const end = text.indexOf("\n");
    if (end < 0) return;
    const line = text.slice(0, end);
    text = text.slice(end + 1);
    answer(line);
  });
  for (const event of ["end", "close", "error"]) stream.on(event, lose);
  return {
    ask: (line) =>
      new Promise((resolve) => {
        if (lost) return resolve(null);
        const limit = setTimeout(lose, LIMIT_MS);
        settle = (said) => {
          clearTimeout(limit);
          resolve(said);
        };
        stream.write(`${line}\n`);
      }),
    close: () => stream.end(),
  };
}
