import { defineConfig } from "vitest/config";

/** On a real engine, one file after another. The limits only guard against hanging. */
export default defineConfig({
  test: {
    dir: import.meta.dirname,
    include: ["**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
