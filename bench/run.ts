/**
 * The figures of "Speed and size": each a ratio to a floor of the same run, or an absolute number the claim names.
 * Prints a table, writes bench/last.json. Names on the command line choose: rollout swap reaction idle listing planning resolving unchanged watching.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Installation } from "../test/e2e/installation.ts";
import { idleFigures, listingFigure, reactionFigure, unchangedFigure } from "./daemon.ts";
import { type Figure, table } from "./figure.ts";
import { followingFigures } from "./following.ts";
import { planningFigures } from "./planning.ts";
import { resolvingFigures } from "./resolving.ts";
import { rolloutFigure } from "./rollout.ts";
import { swapFigure } from "./swap.ts";
import { watchingFigures } from "./watching.ts";

type Measure = (instar: Installation) => Promise<readonly Figure[]> | readonly Figure[];

const MEASURES: Readonly<Record<string, Measure>> = {
  planning: () => planningFigures(),
  resolving: () => resolvingFigures(),
  unchanged: async (instar) => [await unchangedFigure(instar)],
  rollout: async (instar) => [
    await rolloutFigure(instar, 3, 1, "same", 1.3),
    await rolloutFigure(instar, 3, 1, "new", 1.3),
    await rolloutFigure(instar, 10, 3, "same", 1.5),
  ],
  swap: async (instar) => [await swapFigure(instar)],
  reaction: async (instar) => [await reactionFigure(instar)],
  idle: idleFigures,
  listing: async (instar) => [await listingFigure(instar)],
  watching: watchingFigures,
  following: () => followingFigures(),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in MEASURES));
if (unknown.length > 0) throw new Error(`no measure is called ${unknown.join(", ")}; there are ${Object.keys(MEASURES).join(", ")}`);

const instar = await Installation.start();
const figures: Figure[] = [];
try {
  for (const [name, measure] of Object.entries(MEASURES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    process.stderr.write(`measuring ${name} …\n`);
    figures.push(...(await measure(instar)));
  }
} finally {
  await instar.wipe();
}
const [cpu] = cpus();
const machine = { cores: cpus().length, cpu: cpu?.model ?? "unknown", node: process.version };
writeFileSync(new URL("./last.json", import.meta.url), `${JSON.stringify({ at: new Date().toISOString(), machine, figures }, null, 2)}\n`);
console.log(table(figures));
process.exitCode = figures.every((one) => one.value <= one.atMost) ? 0 : 1;
