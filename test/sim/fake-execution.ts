import { InstarError } from "../../src/errors.ts";
import type { Execution } from "../../src/reconcile/execution.ts";
import type { Clock } from "../../src/reconcile/ports.ts";
import type { FakeEvents } from "./fake-events.ts";

interface Program {
  readonly exitCode: number;
  readonly output?: string;
  /** Longer than its limit: it is killed, or, where that cannot be done, goes on. */
  readonly takesMs?: number;
}

type Look = (name: string) => { readonly running: boolean; readonly labels: Readonly<Record<string, string>> } | null;

/** What commands do in the instances of a simulated engine. */
export class FakeExecution implements Execution {
  /** Called when one runs. Unless told otherwise they succeed: only `echo`, `sh -c "exit N"` and `sleep` mean something. */
  program: (instance: string, command: readonly string[]) => Program | Promise<Program> = (_instance, command) => shell(command);
  /** Whether the host lets us end one. */
  killable = true;
  readonly #events: FakeEvents;
  readonly #clock: Clock;
  readonly #look: Look;
  #ids = 0;

  constructor(events: FakeEvents, clock: Clock, look: Look) {
    this.#events = events;
    this.#clock = clock;
    this.#look = look;
  }

  execute: Execution["execute"] = async (name, command, how) => {
    const seen = this.#look(name);
    if (seen?.running !== true) throw new InstarError("INS3019", `${name} is ${seen === null ? "gone" : "not running"}`);
    this.#ids += 1;
    const execID = `exec${this.#ids}`;
    const tell = (action: string, exitCode: number | null = null): void =>
      this.#events.emit({ action, kind: "container", name, labels: { ...seen.labels, execID }, exitCode, detail: command.join(" ") });
    tell("exec_create");
    await how.begun(execID);
    tell("exec_start");
    const { exitCode, output = "", takesMs = 0 } = await this.program(name, command);
    if (takesMs > 0) await new Promise<void>((resolve) => this.#clock.after(Math.min(takesMs, how.timeoutMs), resolve));
    if (takesMs > how.timeoutMs) return { exitCode: null, ended: this.killable, output };
    tell("exec_die", exitCode);
    return { exitCode, ended: true, output: output.slice(-how.keptBytes) };
  };
}

const shell = (command: readonly string[]): Program => {
  const [name, flag, script = ""] = command;
  if (name === "sleep") return { exitCode: 0, takesMs: Number(flag) * 1000 };
  if (name === "echo") return { exitCode: 0, output: `${command.slice(1).join(" ")}\n` };
  if (name === "no-such-program") return { exitCode: 127, output: "no-such-program: not found" };
  return { exitCode: Number(/exit (\d+)/.exec(script)?.[1] ?? 0) };
};
