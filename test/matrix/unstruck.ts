import { BEYOND, type Cell, KINDS, STEPS, STRATEGIES, type Strategy } from "./cells.ts";

const kindOf = (step: string): string => step.replace(/:\d+$/, "");

/** What no fault is ever put to, from what the cells are and which of them were run; in sentences. Pure. */
export function unstruck(run: readonly Cell[]): readonly string[] {
  const rows = new Set(Object.values(STEPS).flat().map(kindOf));
  const never = Object.keys(KINDS).filter((kind) => !rows.has(kind));
  return [
    ...(never.length === 0 ? [] : [`no row has these kinds of steps: ${never.sort().join(", ")}`]),
    ...STRATEGIES.map((strategy) => notRun(strategy, run, "after")),
    ...STRATEGIES.map((strategy) => notRun(strategy, run, "before")),
    ...BEYOND,
  ].flatMap((line) => (line === null ? [] : [line]));
}

function notRun(strategy: Strategy, run: readonly Cell[], when: Cell["when"]): string | null {
  const struck = new Set(run.flatMap((cell) => (cell.strategy === strategy && cell.when === when ? [cell.step] : [])));
  const steps = STEPS[strategy].filter((step) => !struck.has(step));
  if (steps.length === 0) return null;
  return `${strategy}, right ${when}: ${struck.size === 0 ? "no step at all" : steps.join(", ")}`;
}
