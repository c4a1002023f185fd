/**
 * Runs cells of the crash matrix on the lab's engine, keeps each result, and writes the table.
 *
 *   script/crash-matrix                                      every cell
 *   script/crash-matrix --strategy rolling --fault daemon    these
 *   script/crash-matrix --step route --before                right before that step instead of right after it
 *   script/crash-matrix --missing                            only what has no result yet
 *   script/crash-matrix --unproven                           only what was run and proves nothing
 *   script/crash-matrix --table                              writes docs/crash-matrix.md from the kept results
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Lab } from "../e2e/lab.ts";
import { ROOT } from "../entry.ts";
import { type Cell, FAULTS, type Fault, keyOf, STEPS, STRATEGIES, type Strategy } from "./cells.ts";
import { commitNow } from "./commit.ts";
import { judge } from "./judge.ts";
import { keep, lastResults, type Result } from "./results.ts";
import { runCell } from "./run-cell.ts";
import { Scene } from "./scene.ts";
import type { Seen } from "./seen.ts";
import { page, seenInWords } from "./table.ts";

const many = { type: "string", multiple: true } as const;
const yes = { type: "boolean" } as const;
const { values } = parseArgs({
  options: { strategy: many, fault: many, step: many, before: yes, missing: yes, unproven: yes, table: yes, minutes: { type: "string" } },
});
const FILE = "docs/crash-matrix.md";
const when = values.before === true ? "before" : "after";
let until = values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(values.minutes) * 60_000;

function chosen<T extends string>(what: string, all: readonly T[], wanted: readonly string[] | undefined): readonly T[] {
  const unknown = wanted?.filter((one) => !(all as readonly string[]).includes(one)) ?? [];
  if (unknown.length > 0) throw new Error(`no ${what} is called ${unknown.join(", ")}; there are ${all.join(", ")}`);
  return wanted === undefined ? all : all.filter((one) => wanted.includes(one));
}

// The cell under way is finished, and what it made is removed.
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    until = 0;
  });

const strategies = chosen("strategy", STRATEGIES, values.strategy);
const faults = chosen("fault", FAULTS, values.fault);
const allSteps = [...new Set(Object.values(STEPS).flat())];
const steps = chosen("step", allSteps, values.step);
const lab = new Lab(process.env.INSTAR_LAB);
const commit = commitNow();
let broken = 0;
/** Whether the engine runs with live-restore; null: not known. */
let engine: boolean | null = null;

const cellsOf = (strategy: Strategy, fault: Fault): readonly Cell[] =>
  STEPS[strategy]
    .filter((step) => steps.includes(step))
    .map((step) => ({ strategy, fault, when, step }) as const)
    .filter((cell) => values.missing !== true || lastResults(strategy)[keyOf(cell)] === undefined)
    .filter((cell) => values.unproven !== true || isUnproven(lastResults(strategy)[keyOf(cell)]));

const isUnproven = (last: Result | undefined): boolean =>
  last !== undefined && last.seen !== null && judge(last.cell, last.seen).verdict === "unproven";

/** Every chosen cell of a strategy, in one installation as long as it is whole. */
async function rows(strategy: Strategy): Promise<void> {
  let scene: Scene | null = null;
  try {
    for (const cell of faults.flatMap((fault) => cellsOf(strategy, fault))) {
      if (Date.now() > until) return;
      const liveRestore = cell.fault !== "dockerd-cold";
      if (engine !== liveRestore) await lab.start({ liveRestore });
      engine = liveRestore;
      scene ??= await Scene.start(strategy);
      if (remember(cell, await runCell(cell, scene, lab))) continue;
      await scene.end();
      scene = null;
    }
  } finally {
    await scene?.end();
  }
}

/** False: what comes next should not stand on this. */
function remember(cell: Cell, seen: Seen | string): boolean {
  const at = `${new Date().toISOString().slice(0, 16)}Z`;
  const result: Result = { cell, at, commit, ...(typeof seen === "string" ? { seen: null, notRun: seen } : { seen, notRun: null }) };
  keep(result);
  if (typeof seen === "string") {
    console.log(`${keyOf(cell)}: not run: ${seen}`);
    return true;
  }
  const { verdict, findings } = judge(cell, seen);
  console.log(`${keyOf(cell)}: ${verdict}: ${seenInWords(seen)}${findings.map((one) => `\n    ${one}`).join("")}`);
  if (verdict === "broken") broken++;
  return verdict !== "broken";
}

if (values.table !== true) for (const strategy of strategies) await rows(strategy);
writeFileSync(join(ROOT, FILE), page(STRATEGIES.flatMap((strategy) => Object.values(lastResults(strategy)))));
console.log(`${FILE} is written`);
process.exitCode = broken === 0 ? 0 : 1;
