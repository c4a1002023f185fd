import { spawn } from "node:child_process";
import { entry } from "../entry.ts";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Started {
  readonly ended: Promise<Ended>;
  /** Resolves when stdout or stderr has this text; rejects when the process ends without it. */
  saw(text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

/** Runs the CLI as its own process, with only `env` (and PATH) about it. */
export function start(args: readonly string[], env: Record<string, string>, cwd = process.cwd()): Started {
  const child = spawn(process.execPath, [entry(), ...args], {
    env: { PATH: process.env.PATH ?? "", ...env },
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  let look: () => void = () => {};
  child.stdout.on("data", (piece: Buffer) => {
    out += piece;
    look();
  });
  child.stderr.on("data", (piece: Buffer) => {
    err += piece;
    look();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
  return {
    ended,
    saw: (text) =>
      new Promise<void>((resolve, reject) => {
        look = () => (out + err).includes(text) && resolve();
        look();
        void ended.then(() => reject(new Error(`ended without ${JSON.stringify(text)}:\n${out}\n${err}`)));
      }),
    signal: (name) => void child.kill(name),
  };
}

export const run = (args: readonly string[], env: Record<string, string>, cwd?: string): Promise<Ended> => start(args, env, cwd).ended;
