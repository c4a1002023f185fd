/**
 * Random deploys, bad versions, rollbacks, scales, touches and kills under a steady load, for hours.
 *
 *   script/soak [--minutes 120] [--services 50] [--seed N] [--rate N] [--json]
 */
import { parseArgs } from "node:util";
import { inWords, isGood } from "./report.ts";
import { soak } from "./soak.ts";

const USAGE = "usage: script/soak [--minutes 120] [--services 50] [--seed N] [--rate REQUESTS_A_SECOND] [--json]";
const text = { type: "string" } as const;
const { values } = parseArgs({
  options: { minutes: text, services: text, seed: text, rate: text, json: { type: "boolean" }, help: { type: "boolean" } },
});

/** Exits with 64 for what is no number in these bounds. */
function number(name: "minutes" | "services" | "seed" | "rate", otherwise: number, least: number, most: number): number {
  const given = values[name];
  const value = given === undefined ? otherwise : Number(given);
  if (Number.isFinite(value) && value >= least && value <= most && (name === "minutes" || Number.isInteger(value))) return value;
  console.error(`--${name} is ${given}: a number from ${least} to ${most} is wanted\n${USAGE}`);
  process.exit(64);
}

if (values.help === true) {
  console.log(USAGE);
  process.exit(0);
}
const services = number("services", 50, 5, 200);
const options = {
  services,
  minutes: number("minutes", 120, 0.5, 1_440),
  seed: number("seed", Date.now() % 1_000_000, 0, 4_000_000),
  rate: number("rate", 2 * services, 1, 1_000),
};
console.error(`seed ${options.seed}`);
const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => ended.abort(new Error(`${signal}: no report; what it made is removed`)));
const report = await soak({ ...options, signal: ended.signal, say: (line) => console.error(line) }).catch((error: Error) => {
  if (error !== ended.signal.reason) throw error;
  console.error(error.message);
  process.exit(130);
});
console.log(values.json === true ? JSON.stringify({ ok: isGood(report), ...report }, null, 2) : inWords(report));
process.exitCode = isGood(report) ? 0 : 1;
