import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LoadOptions, LoadReport } from "./report.ts";

/** A running load: the other side of open-loop.ts. */
export interface Load {
  readonly pid: number;
  mark(label: string): void;
  /** Sends nothing more, waits for what is under way, and returns everything that happened. */
  stop(): Promise<LoadReport>;
}

/** Starts a load against loopback; defaults: 200/s, 4 websockets, 2 s slow answers, ends by itself after 10 minutes. */
export async function startLoad(options: Partial<LoadOptions> & Pick<LoadOptions, "url">): Promise<Load> {
  const child = fork(fileURLToPath(new URL("./open-loop.ts", import.meta.url)), [JSON.stringify(options)], {
    serialization: "advanced",
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  await next(child, "started");
  const result = next(child, "report");
  // Whoever calls stop() gets the rejection; until then it must not end the process.
  result.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    mark: (label) => void child.send({ mark: label }),
    stop: async () => {
      if (child.connected) child.send({ stop: true });
      return (await result).report as LoadReport;
    },
  };
}

function next(child: ChildProcess, key: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    child.on("message", (message) => {
      if (key in (message as object)) resolve(message as Record<string, unknown>);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the load generator ended with ${code} before '${key}'`)));
  });
}
