import { defineConfig } from "vitest/config";

/** On a real engine, one file after another: they measure, and the machine is small. The limits only guard against hanging. */
export default defineConfig({
  test: {
    dir: import.meta.dirname,
    include: ["**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
  },
});
