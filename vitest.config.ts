import { defineConfig } from "vitest/config";

// `real` and `e2e` share one engine and measure time on it: one file after another. The limits only end a test that hangs.
const onTheEngine = { fileParallelism: false, testTimeout: 300_000, hookTimeout: 180_000, teardownTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/e2e/**", "test/real/**"], testTimeout: 60_000 } },
      { test: { name: "real", include: ["test/real/**/*.test.ts"], ...onTheEngine } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...onTheEngine } },
    ],
  },
});
