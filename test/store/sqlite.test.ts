import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../src/store/sqlite.ts";
import { storeConformance } from "../conformance/store.ts";
import type { StoreWorld } from "../conformance/store-world.ts";

/** No file of this process grows beyond so many bytes; null: any does. Writing over what is there stays possible. */
const limitFiles = (bytes: number | null): void =>
  void execFileSync("prlimit", [`--pid=${process.pid}`, `--fsize=${bytes ?? "unlimited"}:`]);

async function worldIn(home: string): Promise<StoreWorld> {
  const store = await openStore(home);
  return {
    store,
    async reopened() {
      await store.close();
      return worldIn(home);
    },
    fill() {
      limitFiles(0);
      return () => limitFiles(null);
    },
    async close() {
      await store.close();
      rmSync(home, { recursive: true });
    },
  };
}

/** In memory: a file that is synced at each write, some four hundred times, is as slow as the disk is busy. */
const MEMORY = "/dev/shm";

storeConformance("SQLite in a file", () => worldIn(mkdtempSync(join(MEMORY, "instar-store-"))));
