import type { Command } from "commander";
import type { InstarError } from "../errors.ts";
import type { Home } from "../lib/home.ts";
import type { Client } from "./client.ts";
import type { Paint } from "./paint.ts";

/** 130: interrupted; what was begun goes on. */
export type Exit = 0 | 1 | 2 | 64 | 65 | 69 | 77 | 130;

export interface ServerOptions {
  readonly home: Home;
  /** `host:port`, or null for the socket alone. */
  readonly address: string | null;
  readonly version: string;
  /** The home is lost: its rows are rebuilt from what runs. */
  readonly recover?: Recover;
}

export interface Recover {
  /** null: the only installation there is. */
  readonly installation: string | null;
  /** Shown what was found; false ends it there. */
  readonly confirm: (found: readonly string[]) => Promise<boolean>;
}

export interface RestoreOptions {
  readonly file: string;
  readonly home: string;
  readonly force: boolean;
}

export interface RestoreView {
  readonly installation: string;
  readonly date: string;
  readonly home: string;
  readonly aside: string | null;
}

/** What a verb works with. */
export interface Cli {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: Home;
  readonly version: string;
  /** The command's own file, absolute. */
  readonly program: string;
  /** Set by --json: one document on stdout, errors as JSON on stderr. */
  json: boolean;
  /** Of stdout; stderr may be another place. */
  readonly tty: boolean;
  readonly paint: Paint;
  readonly stderr: {
    readonly tty: boolean;
    readonly paint: Paint;
    /** As it is, moves of the cursor too: for what is drawn in place on a terminal. */
    draw(text: string): void;
  };
  /** Loaded at first use, so that verbs which need no daemon do not pay for it. */
  client(): Promise<Client>;
  /** One line on stdout. */
  print(line: string): void;
  /** One line on stderr: progress and notices, never with --json. */
  remark(line: string): void;
  /** One error on stderr, in the form that errors have: in words, or as JSON with --json. */
  error(error: InstarError): void;
  /** One JSON document on stdout. */
  document(value: unknown): void;
  /** Serves until a signal; resolves with the exit code. */
  serve(options: ServerOptions): Promise<number>;
  /** Puts a backup in the place of a home that no daemon uses. */
  restore(options: RestoreOptions): Promise<RestoreView>;
}

/** A verb declares its arguments on `command`; its action resolves to an exit code. */
export interface Verb {
  readonly declare: (command: Command) => Command;
  readonly run: (cli: Cli, args: readonly string[], options: Readonly<Record<string, unknown>>) => Promise<Exit>;
}
