import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LateSecond } from "./lateness.ts";
import type { LoadOptions, RequestRecord } from "./report.ts";

export interface BroadOptions extends Pick<LoadOptions, "rate" | "slowMs" | "timeoutMs"> {
  /** `rate` is over all of them together; `app` is what each answer must name. */
  readonly targets: readonly { readonly service: string; readonly url: string; readonly app: string }[];
}

/** A request that failed, and whose it was. */
export interface LostRequest extends Pick<RequestRecord, "sentAt" | "endedAt" | "openedAt" | "method" | "status"> {
  readonly service: string;
  readonly error: string;
}

interface Progress {
  readonly total: number;
  readonly failed: number;
  readonly slowestMs: number;
  /** How late the generator itself was, at worst. */
  readonly lagMs: number;
  readonly done: boolean;
}

export type BroadTold = { readonly progress: Progress } | { readonly lost: LostRequest } | { readonly late: LateSecond };

export interface BroadLoad {
  readonly progress: Progress;
  readonly lost: readonly LostRequest[];
  /** The seconds in which the generator was late, but for the last one until it ends. */
  readonly late: readonly LateSecond[];
  /** Sends nothing more, and waits for what is under way. Raises when the generator ended by itself. */
  stop(): Promise<void>;
}

/** Starts a load over many services of loopback; see broad-load.ts. */
export async function startBroadLoad(options: BroadOptions): Promise<BroadLoad> {
  const child = fork(fileURLToPath(new URL("./broad-load.ts", import.meta.url)), [JSON.stringify(options)], {
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const lost: LostRequest[] = [];
  const late: LateSecond[] = [];
  let progress: Progress = { total: 0, failed: 0, slowestMs: 0, lagMs: 0, done: false };
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => (progress.done ? resolve() : reject(new Error(`the load generator ended with ${code}`))));
  });
  // Whoever calls stop() gets the rejection.
  ended.catch(() => undefined);
  await new Promise<void>((resolve, reject) => {
    child.on("message", (message) => {
      const told = message as BroadTold;
      if ("lost" in told) lost.push(told.lost);
      else if ("late" in told) late.push(told.late);
      else progress = told.progress;
      resolve();
    });
    ended.catch(reject);
  });
  return {
    get progress() {
      return progress;
    },
    lost,
    late,
    stop: async () => {
      if (child.connected) child.send({ stop: true });
      await ended;
    },
  };
}
