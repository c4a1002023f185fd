import { cpus } from "node:os";
import { pause } from "../../test/e2e/until.ts";

/** The share of the machine's CPU, 0 to 1, that was not idle in the `ms` milliseconds from now. */
export async function busyShare(ms = 1000): Promise<number> {
  const before = ticks();
  await pause(ms);
  const after = ticks();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

/** Milliseconds since the machine's start, over all its cores. */
function ticks(): { readonly idle: number; readonly all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (of: (one: (typeof times)[number]) => number): number => times.reduce((total, one) => total + of(one), 0);
  return { idle: sum(({ idle }) => idle), all: sum(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq) };
}
