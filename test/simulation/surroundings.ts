import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFiles } from "../../src/files/files.ts";
import type { Snapshots } from "../../src/reconcile/snapshots.ts";

/** The stack has neither secrets nor configs. */
export const FILES = openFiles(join(tmpdir(), "instar-simulation"));

export const NO_SNAPSHOTS: Snapshots = new Proxy({} as Snapshots, {
  get: (_target, name) => async () => (name === "all" ? { snapshots: [], damaged: [] } : name === "halfRestored" ? new Map() : undefined),
});
