import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mergeScriptCovs, type ScriptCov } from "@bcoe/v8-coverage";
import convert from "ast-v8-to-istanbul";
import { parseAstAsync } from "vitest/node";
import type { Covered } from "./coverage-ways.ts";

/**
 * What processes wrote at their end under NODE_V8_COVERAGE (one file each), in Istanbul's format by path. They ran the sources
 * as Node runs them, whose types are replaced by spaces: what V8 counts stands where it stands in the file.
 *
 * @param wanted which paths are read
 */
export async function coveredByProcesses(folder: string, wanted: (path: string) => boolean): Promise<Record<string, Covered>> {
  const scripts = new Map<string, ScriptCov>();
  for (const name of readdirSync(folder)) {
    const { result } = JSON.parse(readFileSync(join(folder, name), "utf8")) as { readonly result: readonly ScriptCov[] };
    for (const script of result) {
      if (!script.url.startsWith("file:") || !wanted(fileURLToPath(script.url))) continue;
      const before = scripts.get(script.url);
      const merged = mergeScriptCovs(before === undefined ? [script] : [before, script]);
      if (merged !== undefined) scripts.set(script.url, merged);
    }
  }
  const covered: Record<string, Covered> = {};
  for (const script of scripts.values()) Object.assign(covered, await istanbul(script));
  return covered;
}

async function istanbul(script: ScriptCov): Promise<Record<string, Covered>> {
  const code = stripTypeScriptTypes(readFileSync(fileURLToPath(script.url), "utf8"));
  return convert({ code, coverage: script, ast: await parseAstAsync(code) });
}
