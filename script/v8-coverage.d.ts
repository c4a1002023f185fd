/** The package has no types of its own. */
declare module "@bcoe/v8-coverage" {
  import type { Profiler } from "node:inspector";

  export type ScriptCov = Profiler.ScriptCoverage;
  /** Counts added up; undefined for none. They must be of the same source. */
  export function mergeScriptCovs(scripts: readonly ScriptCov[]): ScriptCov | undefined;
}
