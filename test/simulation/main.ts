/** Simulated stories, many or one. */
import { parseArgs } from "node:util";
import { DEFECTS } from "./defects.ts";
import { LAWS } from "./laws.ts";
import { CROWDED, PLAIN, play } from "./play.ts";
import { simulate } from "./simulate.ts";
import { type Story, told } from "./story.ts";

const USAGE = `usage:
  script/simulate --runs 100000 [--from 1]   as many seeds; the failing ones are told, shortened, and counted
  script/simulate --seed 4711                one story with all that happens
  script/simulate --crowded …                with the misfortunes of several others besides
  script/simulate --defect 31                one of test/simulation/defects.json`;
const text = { type: "string" } as const;
const yes = { type: "boolean" } as const;
const { values } = parseArgs({ options: { runs: text, from: text, seed: text, defect: text, crowded: yes, help: yes } });

async function one(story: Story): Promise<void> {
  console.log(told(story));
  const lines: string[] = [];
  const { violations, ...counts } = await simulate(story, (line) => lines.push(line));
  for (const line of lines.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))) console.log(line);
  console.log(JSON.stringify(counts));
  for (const { law, seen } of violations) console.log(`VIOLATED: ${LAWS[law]} But: ${seen}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}

async function many(from: number, runs: number): Promise<void> {
  const began = performance.now();
  const { failures, arrived, excused, certain } = await play(from, runs, book, (failure) => console.log(failure));
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${runs} ${values.crowded === true ? "crowded " : ""}stories from seed ${from}: ${failures.length} violated a law; ${arrived} requests, ${excused} lost where the laws allow it; in ${certain} exactly one thing may serve in the end; ${seconds.toFixed(0)} s`,
  );
  process.exitCode = failures.length === 0 ? 0 : 1;
}

const book = values.crowded === true ? CROWDED : PLAIN;
const defect = DEFECTS.find(({ name }) => name === values.defect);
if (values.defect !== undefined && defect === undefined) throw new Error(`there is no defect ${values.defect} in defects.json`);
if (values.help === true) console.log(USAGE);
else if (defect !== undefined) await one(defect.story);
else if (values.seed !== undefined) await one(book.storyOf(Number(values.seed)));
else await many(Number(values.from ?? 1), Number(values.runs ?? 100));
