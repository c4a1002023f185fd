/**
 * What a pass, memory, the store and a burst of events cost against size: the whole daemon with its real planner, loop, route compiler
 * and store over the fakes that pass the ports' conformance suites, time simulated. Keeps every size measured in bench/scale.json, and
 * makes docs/scale.svg and docs/scale.md of them.
 *
 *   script/bench scale                       all shapes
 *   script/bench scale 10x                   only one: 10x (services of 10), 1x (services of 1), x10 (10 services)
 *   script/bench scale --missing             only the sizes that bench/scale.json does not have yet
 *   script/bench scale --draw                only the plot and the table, from what was measured
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { exponentOf } from "./fit.ts";
import { type Chart, svgOf } from "./plot.ts";
import type { SizeFigures } from "./scale-one.ts";
import { LINEAR, pageOf } from "./scale-page.ts";

interface ShapeSizes {
  readonly name: string;
  readonly sizes: readonly (readonly [services: number, replicas: number])[];
}

const SHAPES: Readonly<Record<string, ShapeSizes>> = {
  "10x": { name: "services × 10", sizes: [125, 250, 500, 1_000].map((n) => [n, 10] as const) },
  "1x": { name: "services × 1", sizes: [625, 1_250, 2_500, 5_000, 10_000].map((n) => [n, 1] as const) },
  x10: { name: "10 services × n", sizes: [125, 250, 500, 1_000].map((n) => [10, n] as const) },
};

/** What is measured, in words, and by which column. */
const MEASURES = [
  { column: "fullMs", title: "a look at every service", unit: "ms" },
  { column: "oneMs", title: "a look at one service", unit: "ms" },
  { column: "healMs", title: "one instance dies and is replaced", unit: "ms" },
  { column: "openMs", title: "the daemon starts", unit: "ms" },
  { column: "memoryMb", title: "what the daemon remembers", unit: "MB" },
  { column: "storeMb", title: "the store", unit: "MB" },
  { column: "backlogMs", title: "an event of every instance at once", unit: "ms" },
] as const satisfies readonly { readonly column: keyof SizeFigures; readonly title: string; readonly unit: string }[];

/** A line through two points says nothing. */
const FOR_A_FIT = 3;

interface Kept {
  readonly at: string;
  readonly machine: string;
  /** The machine's load over a minute when it was measured. */
  readonly load: number;
  readonly points: readonly SizeFigures[];
}

const KEPT = new URL("./scale.json", import.meta.url);
const wanted = process.argv.slice(2);
const [draw, missing] = [wanted.includes("--draw"), wanted.includes("--missing")];
const named = wanted.filter((word) => !["--draw", "--missing"].includes(word));
const unknown = named.filter((word) => !(word in SHAPES));
if (unknown.length > 0) throw new Error(`no shape is called ${unknown.join(", ")}; there are ${Object.keys(SHAPES).join(", ")}`);

const kept: Record<string, Kept> = existsSync(KEPT) ? (JSON.parse(readFileSync(KEPT, "utf8")) as Record<string, Kept>) : {};
for (const [shape, { name, sizes }] of draw ? [] : Object.entries(SHAPES)) {
  if (named.length > 0 && !named.includes(shape)) continue;
  for (const [services, replicas] of sizes) {
    const others = (kept[shape]?.points ?? []).filter((point) => point.services !== services || point.replicas !== replicas);
    if (missing && others.length < (kept[shape]?.points.length ?? 0)) continue;
    process.stderr.write(`measuring ${name}: ${services} × ${replicas} …\n`);
    const points = [...others, one(services, replicas)].sort((a, b) => a.instances - b.instances);
    kept[shape] = { at: new Date().toISOString().slice(0, 10), machine: machine(), load: Math.round(loadavg()[0] ?? 0), points };
    // After each: what was measured before an end is not lost.
    writeFileSync(KEPT, `${JSON.stringify(kept, null, 2)}\n`);
  }
}

const shapes = Object.entries(SHAPES).flatMap(([shape, { name }]) => {
  const found = kept[shape];
  return found === undefined ? [] : [{ name, ...found }];
});
const charts: Chart[] = MEASURES.map(({ column, title, unit }) => ({
  title,
  unit,
  series: shapes.map(({ name, points }) => ({ name, points: points.map((one) => ({ size: one.instances, value: one[column] })) })),
}));
writeFileSync(new URL("../docs/scale.svg", import.meta.url), svgOf(charts, 2));
const fits = MEASURES.flatMap(({ column, title }) =>
  shapes
    .filter(({ points }) => points.length >= FOR_A_FIT)
    .map(({ name, points }) => ({
      ...{ column, title, shape: name },
      exponent: exponentOf(points.map((one) => ({ size: one.instances, value: one[column] }))),
    })),
);
writeFileSync(new URL("../docs/scale.md", import.meta.url), pageOf(shapes, fits));
for (const { title, shape, exponent } of fits)
  console.log(`${exponent <= LINEAR ? "ok  " : "OVER"}  ${title.padEnd(38)} ${shape.padEnd(16)} grows with size ^ ${exponent.toFixed(2)}`);
process.exitCode = fits.every(({ exponent }) => exponent <= LINEAR) ? 0 : 1;

function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} cores, ${cpu?.model.trim() ?? "unknown"}, Node ${process.versions.node}`;
}

/** In a process of its own: nothing of an earlier size is in its memory. */
function one(services: number, replicas: number): SizeFigures {
  const script = fileURLToPath(new URL("./scale-one.ts", import.meta.url));
  const output = execFileSync(process.execPath, ["--expose-gc", script, String(services), String(replicas)], { encoding: "utf8" });
  return JSON.parse(output) as SizeFigures;
}
