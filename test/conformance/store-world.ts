import type { DeploymentRow, Fact, ServiceRow, Store } from "../../src/reconcile/store.ts";
import type { Revision } from "../../src/spec/types.ts";
import { serviceSpec } from "./service-spec.ts";

/** What only someone beside the port can do. */
export interface StoreWorld {
  readonly store: Store;
  /** Closed, and opened again as by the next daemon; what was committed is there. */
  reopened(): Promise<StoreWorld>;
  /** From now on nothing more can be written, however little, until the returned call. */
  fill(): () => void;
  close(): Promise<void>;
}

export type Place = () => Store;

export const WEB = { stack: "shop", service: "web" };
export const DB = { stack: "shop", service: "db" };
export const MAIL = { stack: "post", service: "mail" };
export const MOMENT = 1_700_000_000_000;

export const serviceRow = (more: Partial<ServiceRow> = {}): ServiceRow => ({
  ...WEB,
  ...{ applied: serviceSpec({ image: "web:1", environment: { A: "1" } }), target: 1, stable: null, generation: 1, stableGeneration: 0 },
  ...{ replicas: 2, stableReplicas: 0, stopped: false, removed: false, halted: null, pinned: null },
  ...{ overrides: {}, stableOverrides: {}, deployment: null },
  ...more,
});

export const revision = (more: Partial<Revision> = {}): Omit<Revision, "number"> => ({
  ...WEB,
  ...{ specVersion: 1, spec: serviceSpec({ image: "web:1" }), volumeNames: {}, networkNames: {} },
  image: { reference: "web:1", digests: ["sha256:aa"], runnable: "sha256:aa", shown: "sha256:aa" },
  ...{ instanceHash: "aa", revisionHash: "bb", createdAt: MOMENT, who: "ann", why: "first" },
  ...more,
});

export const deployment = (more: Partial<DeploymentRow> = {}): Omit<DeploymentRow, "id"> => ({
  ...WEB,
  ...{ from: null, to: 1, strategy: "rolling", cause: { kind: "up", who: "ann" }, outcome: "running", reason: null },
  ...{ startedAt: MOMENT, endedAt: null, direction: "forward", paused: false, backAs: null, failures: [], evidence: null },
  progressAt: MOMENT,
  ...more,
});

export const fact = (id: string, more: Partial<Fact> = {}): Fact => ({
  ...WEB,
  ...{ id, name: `shop-web-r1-1-a1`, drainingSince: null, evidenceOf: null, startedAt: MOMENT },
  ...more,
});
