import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFiles } from "../../src/files/files.ts";
import type { ContextFiles } from "../../src/reconcile/context-files.ts";
import type { DaemonParts } from "../../src/reconcile/daemon-parts.ts";
import type { SavedImages } from "../../src/reconcile/image-port.ts";
import type { Snapshots } from "../../src/reconcile/snapshots.ts";
import type { Calls } from "./life.ts";

export const ENGINE: Calls = {
  reads: new Set(["ping", "instances", "instance", "tail", "networks", "takenSubnets", "volumes", "volumeUsers", "hasImage"]),
  streams: new Set(["events", "logs", "readVolume", "saveImage"]),
};
export const ROUTER: Calls = {
  reads: new Set(["observe", "sessions", "foreignListeners", "persisted"]),
  streams: new Set(),
  // src/haproxy/applier.ts: no table overtakes another.
  inTurn: "apply",
};
/** What the store is only asked begins with no verb of change. */
export const STORE: Calls = {
  reads: { has: (call: string) => !/^(write|put|add|drop|clear|remove|set)/.test(call) },
  streams: new Set(),
};

/** The stack has neither secrets nor configs. */
export const FILES = openFiles(join(tmpdir(), "instar-simulation"));

export const NO_SNAPSHOTS: Snapshots = new Proxy({} as Snapshots, {
  get: (_target, name) => async () => (name === "all" ? { snapshots: [], damaged: [] } : name === "halfRestored" ? new Map() : undefined),
});

/** Images are on the engine for ever here. */
export const ALL_SAVED: SavedImages = {
  has: async () => true,
  save: async () => undefined,
  open: () => {
    throw new Error("no image is gone here");
  },
  list: async () => [],
  remove: async () => 0,
};

export const NO_CONTEXTS: ContextFiles = new Proxy({} as ContextFiles, {
  get: (_target, name) => () => {
    throw new Error(`${String(name)}: no service here has a context`);
  },
});

/** Nobody outside calls, and nothing is signed. */
export const OUTSIDE: Pick<DaemonParts, "senders" | "verifier"> = {
  senders: { readDelivery: () => null, callBack: async () => null },
  verifier: { verify: async () => "nothing is signed here" },
};
