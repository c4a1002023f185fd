/**
 * What tests import as `vitest` while mutants are tried (script/mutation-runner.ts): the same `expect`, and a list of the tests
 * instead of a run of them. Only what the tests of src/plan and src/route use is here; anything else fails as they are loaded.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";

export interface Unit {
  /** `test/plan/aging.test.ts#the life of an instance > is …` */
  readonly id: string;
  readonly file: string;
  readonly run: () => unknown;
}

const collected: Unit[] = [];
let file = "";
let within: readonly string[] = [];

/** The tests that this import of a file declares. */
export async function unitsOf(path: string, load: () => Promise<unknown>): Promise<readonly Unit[]> {
  [file, within] = [path, []];
  collected.length = 0;
  await load();
  return collected.splice(0);
}

function add(name: string, run: () => unknown): void {
  collected.push({ id: `${file}#${[...within, name].join(" > ")}`, file, run });
}

/** Rows get their number: their words may be the same. */
const each =
  (rows: readonly unknown[]) =>
  (name: string, run: (...row: readonly unknown[]) => unknown): void => {
    for (const [at, row] of rows.entries()) add(`${name} ${at + 1}`, () => run(...(Array.isArray(row) ? row : [row])));
  };

export const test = Object.assign(add, { each });
export const it = Object.assign(add, { each });

export function describe(name: string, body: () => void): void {
  within = [...within, name];
  body();
  within = within.slice(0, -1);
}

/** `expect` asks for the test that runs when it is extended, as it is below. */
Object.assign(globalThis, { __vitest_worker__: { filepath: "" } });

/** Where a golden file is looked for. */
export const runs = { file: "" };

expect.extend({
  toMatchFileSnapshot: (text: unknown, path: string) => ({
    pass: text === readFileSync(join(dirname(runs.file), path), "utf8"),
    message: () => `differs from ${path}`,
  }),
});

export { expect };
