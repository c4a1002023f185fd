/** How script/mutate runs Stryker (docs/mutation.md). @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  plugins: ["./script/mutation-runner.ts"],
  testRunner: "in-process",
  coverageAnalysis: "perTest",
  ignorePatterns: [".*", "bench", "bin", "dist", "docs", "examples", "images"],
  // Most strings are words for people; those that decide are turned with the conditions that compare them.
  mutator: { excludedMutations: ["StringLiteral"] },
  concurrency: 2,
  // A loop without an end is noticed by counting its turns; the clock is only for what cannot be counted.
  timeoutMS: 300_000,
  incremental: true,
  incrementalFile: ".mutation/results.json",
  tempDirName: ".mutation/tmp",
  reporters: ["clear-text"],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  allowConsoleColors: false,
};
