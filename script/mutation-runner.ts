/**
 * The tests of src/plan and src/route for Stryker, run in its own process. They are pure and short: with Stryker's runner for vitest
 * each mutant costs a worker (0.4 s of processor time), here the few milliseconds that its tests take.
 */
import { globSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { INSTRUMENTER_CONSTANTS, type InstrumenterContext } from "@stryker-mutator/api/core";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import {
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from "@stryker-mutator/api/test-runner";
import fc from "fast-check";
import { runs, type Unit, unitsOf } from "./mutation-tests.ts";

const VITEST = new URL("./mutation-tests.ts", import.meta.url).href;
/** It has an engine and a store of its own, and reaches nothing of src/plan that others do not. */
const EXCLUDED = ["test/props/volumes.test.ts"];

/** What the instrumented code reads and counts. */
const context: InstrumenterContext = {};
Object.assign(globalThis, { [INSTRUMENTER_CONSTANTS.NAMESPACE]: context });

/** In the mutated tree the tests' `vitest` is ours, and modules are loaded anew for each generation. */
let generation = 0;
function hookInto(tree: string): void {
  registerHooks({
    resolve(specifier, from, next) {
      const within = from.parentURL?.startsWith(tree) === true || specifier.startsWith(tree);
      if (within && specifier === "vitest") return { url: VITEST, shortCircuit: true };
      const found = next(specifier, from);
      return within && found.url.startsWith(tree) ? { ...found, url: `${found.url}?${generation}` } : found;
    },
  });
}

class InProcess implements TestRunner {
  readonly #tree = pathToFileURL(`${process.cwd()}/`).href;
  #units: readonly Unit[] = [];
  /** Nothing is loaded yet, or a mutant was active while it was: that is of no use to the next. */
  #spoilt = true;

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    hookInto(this.#tree);
    await import(`${this.#tree}test/seed.ts`);
    // Which example fails is enough; the smallest one would cost hundreds of runs.
    fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true, numRuns: 50 });
  }

  async dryRun(): Promise<DryRunResult> {
    context.mutantCoverage = { static: {}, perTest: {} };
    await this.#load(null);
    this.#spoilt = false;
    const tests: TestResult[] = [];
    for (const unit of this.#units) tests.push(await this.#run(unit));
    return { status: DryRunStatus.Complete, tests, mutantCoverage: context.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation, disableBail }: MutantRunOptions): Promise<MutantRunResult> {
    const wanted = testFilter === undefined ? null : new Set(testFilter);
    const early = mutantActivation === "static";
    Object.assign(context, { hitCount: 0, hitLimit, activeMutant: early ? activeMutant.id : undefined });
    try {
      if (early || this.#spoilt) await this.#load(early ? wanted : null);
    } catch (error) {
      // No test can even begin.
      return toMutantRunResult({ status: DryRunStatus.Complete, tests: [failed("load", 0, error)] });
    }
    this.#spoilt = early;
    context.activeMutant = activeMutant.id;
    const tests: TestResult[] = [];
    for (const unit of this.#units) {
      if (wanted !== null && !wanted.has(unit.id)) continue;
      tests.push(await this.#run(unit));
      if (!disableBail && tests.at(-1)?.status === TestStatus.Failed) break;
    }
    delete context.activeMutant;
    if (tests.length === 0) throw new Error(`none of the tests is there: ${testFilter?.join(", ")}`);
    return toMutantRunResult(determineHitLimitReached(context.hitCount, hitLimit) ?? { status: DryRunStatus.Complete, tests });
  }

  /** The files of the wanted tests, null: of all. */
  async #load(wanted: ReadonlySet<string> | null): Promise<void> {
    generation++;
    const folders = (process.env["INSTAR_MUTATION_TESTS"] ?? "plan,props,route").split(",");
    const files = folders.flatMap((folder) => globSync(`test/${folder}/*.test.ts`).sort()).filter((file) => !EXCLUDED.includes(file));
    const some = wanted === null ? files : files.filter((file) => [...wanted].some((id) => id.startsWith(`${file}#`)));
    const units: Unit[] = [];
    for (const file of some) units.push(...(await unitsOf(file, () => import(`${this.#tree}${file}`))));
    this.#units = units;
  }

  async #run({ id, file, run }: Unit): Promise<TestResult> {
    context.currentTestId = id;
    runs.file = join(process.cwd(), file);
    const from = performance.now();
    try {
      await run();
      return { id, name: id, timeSpentMs: performance.now() - from, status: TestStatus.Success };
    } catch (error) {
      return failed(id, performance.now() - from, error);
    } finally {
      delete context.currentTestId;
    }
  }
}

const failed = (id: string, timeSpentMs: number, error: unknown): TestResult => ({
  ...{ id, name: id, timeSpentMs, status: TestStatus.Failed },
  failureMessage: error instanceof Error ? error.message.slice(0, 300) : String(error),
});

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, "in-process", InProcess)];
