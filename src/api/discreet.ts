import { type Holder, isAtLeast } from "./holder.ts";

/** An answer as its holder may have it: the role read sees nothing that services print (docs/tokens.md). */
export const forEyesOf = <T>(holder: Holder, answer: T): T => (isAtLeast(holder, "deploy") ? answer : discreet(answer));

/**
 * Where a reason or an event begins to quote what a service printed: the last line of an instance or a job
 * (src/reconcile/perform.ts, jobs.ts), and the output of a healthcheck (src/plan/filling.ts).
 */
const QUOTE = /(; last line: | is unhealthy: | was not ready within \d+ ms: ).*$/s;

/** `exited with 3; last line: …` */
function discreet<T>(value: T): T {
  if (typeof value === "string") return value.replace(QUOTE, "$1…") as T;
  if (Array.isArray(value)) return value.map(discreet) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, discreet(one)])) as T;
}
