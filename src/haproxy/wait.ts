import { setTimeout as sleep } from "node:timers/promises";
import { InstarError } from "../errors.ts";
import type { Containers } from "./container.ts";
import type { Generation } from "./generation.ts";

const POLL_MS = 20;

/** Does this router take connections within the time? It is asked at least once. With `fresh`, false as soon as its container has failed once. */
export async function answers(router: Generation, withinMs: number, fresh: Containers | null): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (let polls = 0; ; polls++) {
    if (await hasWorker(router)) return true;
    if (performance.now() >= deadline) return false;
    // The engine is asked now and then only: a look costs more than a poll of the socket.
    if (fresh !== null && polls % 10 === 9 && !(await fresh.isSound(router.container))) return false;
    await sleep(POLL_MS);
  }
}

async function hasWorker(router: Generation): Promise<boolean> {
  try {
    return (await router.master.workers()).some((worker) => !worker.old);
  } catch (cause) {
    if (cause instanceof InstarError && cause.code === "INS4002") return false;
    throw cause;
  }
}
