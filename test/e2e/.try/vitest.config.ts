import { defineConfig } from "vitest/config";
export default defineConfig({ test: { root: "/work/main", include: ["test/e2e/*.test.ts"], fileParallelism: false, testTimeout: 600_000, hookTimeout: 180_000,  } });
