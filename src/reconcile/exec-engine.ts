/** A command inside a running instance: the emergency door (law 1). Nothing else in Instar enters one. */
export interface ExecCommand {
  readonly command: readonly string[];
  readonly tty: boolean;
  /** Of the caller's terminal. */
  readonly columns: number | null;
  readonly rows: number | null;
}

export interface ExecSession {
  /** With a terminal all of it is stdout. */
  readonly output: AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly payload: Buffer }>;
  /** Resolves when there is room for more. */
  write(input: Buffer): Promise<void>;
  endInput(): void;
  resize(columns: number, rows: number): Promise<void>;
  /** Once the output has ended. */
  exitCode(): Promise<number>;
  /** Lets go of the streams; the command may go on. */
  close(): void;
}

export interface Execs {
  /** Raises INS3024 when the instance does not run or the engine cannot begin it. */
  enter(name: string, command: ExecCommand): Promise<ExecSession>;
}
