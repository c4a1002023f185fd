import type { Instant } from "./ports.ts";

export interface Execution {
  /**
   * Runs a command in a running instance of ours, as its own user, to its end or to the time limit, when it is killed where
   * that can be done. `begun` is told the engine's id of it after it is created and before it runs: what it writes down is there
   * when the engine's `exec_start` comes. A program that is not there ends with 126 or 127 and the engine's
   * words. Raises INS3002, and INS3019 when the instance is not running.
   */
  execute(name: string, command: readonly string[], how: Executing): Promise<Executed>;
}

export interface Executing {
  readonly timeoutMs: number;
  /** The last so many bytes of its output are kept. */
  readonly keptBytes: number;
  readonly begun: (id: string) => Promise<void>;
}

export interface Executed {
  /** null: it ran into its limit. */
  readonly exitCode: number | null;
  /** False: it ran into its limit and could not be killed, so that it may still do what it was about to. */
  readonly ended: boolean;
  /** Both streams together, as they came. */
  readonly output: string;
}

/** A command that Instar ran in an instance because the file declares it. */
export interface DeclaredExec {
  /** The engine's: `execID` of its events. */
  readonly id: string;
  readonly instance: string;
  readonly command: readonly string[];
  readonly why: "freeze" | "thaw";
  readonly who: string;
  readonly at: Instant;
}

interface ExecEvent {
  readonly action: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Whether an exec that the engine tells of (`exec_start`, `exec_die`) is one that Instar itself ran because the file declares it
 * (law 1): by the engine's id of it, in the instance it was meant for. `exec_create` is not to be judged: the row is written
 * between it and `exec_start`, and until then nothing has run. `declared`: rows by id (`Store.declaredExecs`).
 */
export function isDeclaredExec(event: ExecEvent, declared: ReadonlyMap<string, Pick<DeclaredExec, "instance">>): boolean {
  const id = event.labels["execID"];
  return id !== undefined && declared.get(id)?.instance === event.name;
}
