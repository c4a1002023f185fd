import { cpus } from "node:os";
import { type Cell, expected, FAULT_WORDS, FAULTS, type Fault, keyOf, STEPS, STRATEGIES, type Strategy } from "./cells.ts";
import { judge } from "./judge.ts";
import type { Result } from "./results.ts";
import type { Seen } from "./seen.ts";
import { unstruck } from "./unstruck.ts";

const MARK = { held: "✓", late: "≈", unproven: "?", broken: "✗" } as const;

/** `2 of 812 lost, rolled-back, 6.1 s` */
export function seenInWords({ losses, outcome, seconds }: Seen): string {
  const lost = losses.gets + losses.posts;
  const gap = losses.gap > 0 && lost > 0 ? ` within ${losses.gap} ms` : "";
  return `${lost} of ${losses.total} lost${gap}, ${outcome}, ${seconds.toFixed(1)} s`;
}

/** The whole page, from the last result of every cell. */
export function page(results: readonly Result[]): string {
  const byKey = new Map(results.map((result) => [keyOf(result.cell), result]));
  const judged = results.flatMap(({ cell, seen }) => (seen === null ? [] : [judge(cell, seen).verdict]));
  const dates = results.map(({ at }) => at.slice(0, 10)).sort();
  const count = (verdict: string): number => judged.filter((one) => one === verdict).length;
  return `# Crash matrix

Made by \`script/crash-matrix\` (\`--table\` writes it again from the kept results in \`test/matrix/last\`); never edit it.
Each cell is one deployment under 100 requests a second (half of them on new connections, a third POSTs, one in twenty takes 0.6 s)
on a real engine and a real HAProxy. The daemon stops itself right after the step (\`before\`: right before it), the fault strikes,
and the daemon goes on. What is expected was written from the laws first, as data: \`test/matrix/cells.ts\`.

${dates.length === 0 ? "Nothing was run yet." : `Run ${dates[0] === dates.at(-1) ? `on ${dates[0]}` : `from ${dates[0]} to ${dates.at(-1)}`}, ${cpus().length} cores, other work running, ${commitsIn(results)}.`}
${judged.length} cells: ${count("held")} as expected (✓), ${count("late")} but for a figure (≈), ${count("broken")} not (✗), ${count("unproven")} in which nothing could have been seen to be otherwise (?). A dash has its reason below; an empty cell was not run.
Each says how many requests were lost of how many, how the deployment ended if not as \`succeeded\`, and the seconds from the fault to its end.

${legend()}
${STRATEGIES.map((strategy) => section(strategy, byKey)).join("\n")}
## Never struck

${unstruck(results.flatMap(({ cell, seen }) => (seen === null ? [] : [cell])))
  .map((line) => `- ${line}`)
  .join("\n")}
`;
}

/** `on commit a1b2c3d`, or from which to which; by when the cells were run. */
function commitsIn(results: readonly Result[]): string {
  const commits = [...results].sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ commit }) => commit);
  const known = [...new Set(commits.filter((one) => one !== null))];
  const unknown = commits.filter((one) => one === null).length;
  const words = known.length === 1 ? `on commit ${known[0]}` : `on ${known.length} commits from ${known[0]} to ${known.at(-1)}`;
  const before = `${unknown} of the cells before commits were recorded`;
  return known.length === 0 ? before : unknown === 0 ? words : `${words}, ${before}`;
}

function legend(): string {
  const rows = FAULTS.map((fault) => {
    const first: Cell = { strategy: "rolling", fault, when: "after", step: "route" };
    const { law, lost, ends } = expected(first);
    return `| ${fault} | ${FAULT_WORDS[fault]} | ${law} | ${lost} | ${ends.join(" or ")} |`;
  });
  return `| fault | what | law | may be lost | ends |
|---|---|---|---|---|
${rows.join("\n")}

The application ignores SIGTERM: with ten seconds of grace more than the thousand that may wait for a service would come, so stop-first has
two. Where the only instance dies (stop-first) those in flight on it may be lost, and later ones are held. With a new instance that
no request reaches yet nothing may be lost. After a kill of the engine its outage is told (\`instar drift\`); without
live-restore nothing is lost that was sent after every instance answered again. After a kill of HAProxy nothing is lost that was sent
after it listened again. A full disk or a store that can only be read counts only where the daemon's log says that it was refused a write.
Beyond that, in every cell: nobody is answered by another service or by an instance that was
never ready; before its promotion blue-green's new revision answers nobody, and canary's no more than its share; each job runs once
(the one after not at all, where the deployment went back before it);
after a kill of the daemon HAProxy's weights and the course's step are what they were, and no instance is made twice; at rest exactly
the wanted instances are left.
`;
}

function section(strategy: Strategy, results: ReadonlyMap<string, Result>): string {
  const rows: string[] = [];
  const notes: Note[] = [];
  for (const step of STEPS[strategy])
    for (const when of ["before", "after"] as const) {
      const found = FAULTS.map((fault) => results.get(keyOf({ strategy, fault, when, step })) ?? null);
      if (found.every((one) => one === null)) continue;
      const cells = found.map((result, n) => (result === null ? "" : inCell(result, notes, FAULTS[n] ?? "daemon")));
      rows.push(`| ${when === "before" ? "before " : ""}${step} | ${cells.join(" | ")} |`);
    }
  const head = `## ${strategy}\n`;
  if (rows.length === 0) return `${head}\nNot run yet.\n`;
  return `${head}
| after | ${FAULTS.join(" | ")} |
|---|${FAULTS.map(() => "---|").join("")}
${rows.join("\n")}
${notes.length === 0 ? "" : `\n${inLines(notes).join("\n")}\n`}`;
}

interface Note {
  /** `≈ haproxy` */
  readonly what: string;
  readonly where: string;
  readonly because: string;
}

/** A line for each reason: the same one of several steps is told once. */
const inLines = (notes: readonly Note[]): string[] =>
  [...Map.groupBy(notes, ({ what, because }) => `${what}: ${because}`).values()].map((same) => {
    const { what = "", because = "" } = same[0] ?? {};
    return `- ${what}, ${same.map(({ where }) => where).join(", ")}: ${because}`;
  });

function inCell({ cell, seen, notRun }: Result, notes: Note[], fault: Fault): string {
  const where = `${cell.when} ${cell.step}`;
  if (seen === null) {
    notes.push({ what: fault, where, because: `not run, ${notRun}` });
    return "–";
  }
  const { verdict, findings } = judge(cell, seen);
  const because = findings.join("; ").replaceAll("\n", " ");
  if (findings.length > 0) notes.push({ what: `${MARK[verdict]} ${fault}`, where, because });
  const { losses, outcome, seconds } = seen;
  const end = outcome === "succeeded" ? "" : ` ${outcome}`;
  return `${MARK[verdict]} ${losses.gets + losses.posts}/${losses.total}${end} ${seconds.toFixed(1)} s`;
}
