/**
 * Runs `--runs` mutated files in a worker whose heap may hold 200 MB (V8 ends it beyond that, so nothing needs to be sampled); the 2 s are
 * of the worker's own processor time, and a reading that has not ended after 30 s on the clock is a hang. Exits 1 on any failure.
 */
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { mutated, type Sample, seeds } from "../test/spec/mutations.ts";

const MOST_MS = 2_000;
const MOST_MB = 200;
/** A reading that has not ended by then is a hang. */
const HANG_MS = 30_000;

const { values } = parseArgs({ options: { runs: { type: "string", default: "50000" }, seed: { type: "string", default: "1" } } });
const runs = Number(values.runs);
const first = Number(values.seed);

interface Answer {
  readonly outcome: string;
  readonly ms: number;
}

let worker: Worker | null = null;
const ended = async (): Promise<void> => {
  await worker?.terminate();
};

function read(sample: Sample): Promise<Answer> {
  worker ??= new Worker(new URL("fuzz-worker.ts", import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MOST_MB - 32, maxYoungGenerationSizeMb: 32 },
  });
  const current = worker;
  return new Promise((resolve) => {
    const end = (answer: Answer): void => {
      clearTimeout(timer);
      current.off("message", end);
      current.off("error", fell);
      resolve(answer);
    };
    const broken = (outcome: string): void => {
      worker = null;
      current.terminate().then(
        () => end({ outcome, ms: HANG_MS }),
        () => end({ outcome, ms: HANG_MS }),
      );
    };
    const fell = (error: unknown): void => broken(`the worker ended: ${String(error)}`);
    const timer = setTimeout(() => broken(`no end after ${HANG_MS / 1000} s`), HANG_MS);
    current.once("message", end);
    current.once("error", fell);
    current.postMessage(sample);
  });
}

/** null: as it should be. */
async function failure(sample: Sample): Promise<string | null> {
  const { outcome, ms } = await read(sample);
  if (!/^(ok|INS\d+)$/.test(outcome)) return outcome;
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  slowest = Math.max(slowest, ms);
  return ms > MOST_MS ? `took ${Math.round(ms)} ms` : null;
}

/** Leaves out lines, then parts of lines, as long as it fails in the same way. */
async function shrunk(sample: Sample, reason: string): Promise<Sample> {
  const kind = reason.slice(0, 12);
  let best = sample;
  let tries = 300;
  for (const name of Object.keys(sample.files)) {
    for (const separator of ["\n", " ", ""]) {
      let size = Math.ceil((best.files[name] ?? "").split(separator).length / 2);
      for (; size >= 1; size = Math.floor(size / 2)) {
        for (let at = 0; tries > 0; tries--) {
          const parts = (best.files[name] ?? "").split(separator);
          if (at >= parts.length) break;
          const smaller = { ...best, files: { ...best.files, [name]: parts.toSpliced(at, size).join(separator) } };
          if ((await failure(smaller))?.startsWith(kind)) best = smaller;
          else at += size;
        }
      }
    }
  }
  return best;
}

const all = seeds();
const counts = new Map<string, number>();
let slowest = 0;
let failed = 0;
for (let run = 0; run < runs; run++) {
  const sample = mutated(all, first * 1_000_003 + run);
  const reason = await failure(sample);
  if (reason !== null) {
    failed += 1;
    const file = join(tmpdir(), `instar-fuzz-${first}-${run}.json`);
    writeFileSync(file, JSON.stringify({ reason, ...(await shrunk(sample, reason)) }, null, 1));
    console.error(`run ${run}: ${reason}; the files, made smaller, are in ${file}`);
    if (failed >= 10) break;
  }
  if ((run + 1) % 1_000 === 0) console.error(`${run + 1} of ${runs}, ${failed} failed, slowest ${Math.round(slowest)} ms`);
}
await ended();
for (const [outcome, count] of [...counts].sort((a, b) => b[1] - a[1])) console.log(`${String(count).padStart(8)} ${outcome}`);
console.log(`${runs} runs from seed ${first}: ${failed} failed; slowest ${Math.round(slowest)} ms, heap limit ${MOST_MB} MB`);
process.exitCode = failed === 0 ? 0 : 1;
