import { expect, test } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { composeDocument } from "../../src/spec/canonical.ts";
import { type LoadedTree, loadTree, specOf } from "../../src/spec/load.ts";
import { printYaml } from "../../src/spec/print.ts";
import { cases, composeIsThere, differences, inputOf, ours, readCase, record, recorded, theirs, tree } from "./cases.ts";

// INSTAR_RECORD=1 writes both outputs anew; read what git shows then.
if (process.env["INSTAR_RECORD"] !== undefined)
  for (const name of cases) {
    if (readCase(name).error === undefined) record(name, "ours.json", ours(name));
    if (composeIsThere) record(name, "theirs.json", theirs(name));
  }

const positive = cases.filter((name) => readCase(name).error === undefined);
const negative = cases.filter((name) => readCase(name).error !== undefined);

test("there are enough of both", () => {
  expect(cases.length).toBeGreaterThanOrEqual(60);
  expect(negative.length).toBeGreaterThanOrEqual(15);
});

test.each(positive)("%s resolves as recorded", (name) => {
  expect(ours(name)).toEqual(recorded(name, "ours.json"));
});

test.each(negative)("%s is refused at its place", (name) => {
  const { error } = readCase(name);
  const said = caught(() => specOf(tree(name)));
  const file = said?.at?.file.split("/").slice(-1)[0];
  expect(said?.code).toBe(error?.code);
  expect({ file, line: said?.at?.line, column: said?.at?.column }).toEqual({
    file: error?.file ?? "compose.yaml",
    line: error?.line,
    column: error?.column,
  });
  expect(said?.message).toContain(error?.says);
});

test.each(cases)("%s differs from Compose only where it says why", (name) => {
  const { error, differences: explained = {} } = readCase(name);
  const compose = recorded(name, "theirs.json") as { readonly refused?: string };
  const refused = compose.refused !== undefined;
  const found =
    error !== undefined ? (refused ? [] : ["accepted"]) : refused ? ["refused"] : differences(recorded(name, "ours.json"), compose);
  const covers = (path: string, difference: string) =>
    difference === path || difference.startsWith(`${path}.`) || difference.startsWith(`${path}[`);
  const paths = Object.keys(explained);
  expect(found.filter((difference) => !paths.some((path) => covers(path, difference)))).toEqual([]);
  expect(paths.filter((path) => !found.some((difference) => covers(path, difference)))).toEqual([]);
  for (const why of Object.values(explained)) expect(why.length).toBeGreaterThan(20);
});

test.skipIf(!composeIsThere).each(cases)("%s is what Compose 2.26 says today", (name) => {
  const [now, before] = [theirs(name), recorded(name, "theirs.json")] as { readonly refused?: string }[];
  // Which of several faults Compose names first differs from run to run.
  expect(now?.refused === undefined ? now : "refused").toEqual(before?.refused === undefined ? before : "refused");
});

/** The same files with `text` as the only one; variables are in it already. */
const again = (name: string, text: string): LoadedTree => {
  const input = inputOf(name);
  const { files: _, ...rest } = input;
  return loadTree({ ...rest, files: ["again.yaml"], readFile: (path) => (path.endsWith("/again.yaml") ? text : input.readFile(path)) });
};

test.each(positive)("%s: config of config is the same, and means the same", (name) => {
  const once = composeDocument(tree(name));
  const text = printYaml(once);
  const twice = composeDocument(again(name, text));
  expect(printYaml(twice)).toBe(text);
  const refusal = caught(() => specOf(tree(name)));
  // Keys that Instar does not take yet are no matter of syntax.
  if (refusal !== null) expect(refusal.code).toBe("INS1006");
  else expect(specOf(again(name, text))).toEqual(specOf(tree(name)));
});

function caught(run: () => unknown): InstarError | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof InstarError) return error;
    throw error;
  }
}
