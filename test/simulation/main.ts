/**
 * Simulated stories, many or one.
 *
 *   script/simulate --runs 100000 [--from 1]   as many seeds; the failing ones are told, shortened, and counted
 *   script/simulate --seed 4711                one story with all that happens
 */
import { parseArgs } from "node:util";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";
import { storyOf, told } from "./story.ts";

const { values } = parseArgs({ options: { runs: { type: "string" }, from: { type: "string" }, seed: { type: "string" } } });

if (values.seed !== undefined) {
  const story = storyOf(Number(values.seed));
  console.log(told(story));
  const lines: string[] = [];
  const { violations, ...counts } = await simulate(story, (line) => lines.push(line));
  for (const line of lines.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))) console.log(line);
  console.log(JSON.stringify(counts));
  for (const violation of violations) console.log(`VIOLATED: ${violation}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
} else {
  const from = Number(values.from ?? 1);
  const runs = Number(values.runs ?? 100);
  const began = performance.now();
  let failed = 0;
  let requests = 0;
  let excused = 0;
  for (let seed = from; seed < from + runs; seed++) {
    const story = storyOf(seed);
    const report = await simulate(story);
    requests += report.arrived;
    excused += report.excused;
    if (report.violations.length === 0) continue;
    failed++;
    const short = failed > 20 ? story : await shrink(story, report.violations);
    console.log(told(short));
    for (const violation of report.violations) console.log(`  VIOLATED: ${violation}`);
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${runs} stories from seed ${from}: ${failed} violated a law; ${requests} requests, ${excused} lost where the laws allow it; ${seconds.toFixed(0)} s`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
}
