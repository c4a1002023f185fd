import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Each file of `real` and `e2e` has an engine to itself (test/lane.ts): as many at once as there are. The limits only end a test that hangs.
const lanes = (process.env["INSTAR_LANES"] ?? "").split(" ").filter((folder) => folder !== "").length;
const onTheEngine = {
  ...(lanes > 1 ? { maxWorkers: lanes } : { fileParallelism: false }),
  ...{ setupFiles: ["test/lane.ts"], testTimeout: 300_000, hookTimeout: 180_000, teardownTimeout: 60_000 },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/real/**"],
          testTimeout: 60_000,
          // A third of their time they wait: one worker more than there are processors.
          maxWorkers: availableParallelism() + 1,
          setupFiles: ["test/seed.ts"],
        },
      },
      { test: { name: "real", include: ["test/real/**/*.test.ts"], ...onTheEngine } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...onTheEngine } },
    ],
  },
});
