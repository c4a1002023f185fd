/** Reads one sample after another and answers how it ended, in how many ms. */
import { parentPort } from "node:worker_threads";
import { attempt, type Sample } from "../test/spec/mutations.ts";

parentPort?.on("message", (sample: Sample) => {
  const began = performance.now();
  let outcome: string;
  try {
    outcome = attempt(sample);
  } catch (error) {
    outcome = `threw ${error instanceof Error ? `${error.name}: ${error.message.slice(0, 200)}` : String(error)}`;
  }
  parentPort?.postMessage({ outcome, ms: performance.now() - began });
});
