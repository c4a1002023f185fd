/** Reads one sample after another and answers how it ended, and in how many ms of this thread: what else the machine does is no matter. */
import { parentPort } from "node:worker_threads";
import { attempt, type Sample } from "../test/spec/mutations.ts";

parentPort?.on("message", (sample: Sample) => {
  const began = process.threadCpuUsage();
  let outcome: string;
  try {
    outcome = attempt(sample);
  } catch (error) {
    outcome = `threw ${error instanceof Error ? `${error.name}: ${error.message.slice(0, 200)}` : String(error)}`;
  }
  const { user, system } = process.threadCpuUsage(began);
  parentPort?.postMessage({ outcome, ms: (user + system) / 1_000 });
});
