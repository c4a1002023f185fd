import type { Confirm } from "../plan/confirm.ts";
import type { Course } from "../plan/course.ts";
import type { Crash } from "../plan/types.ts";
import type { Overrides } from "../spec/threeway.ts";
import type { ImageIdentity, Revision, ServiceSpec } from "../spec/types.ts";
import type { FollowStore } from "./autoredeploy-store.ts";
import type { EventChain } from "./chain.ts";
import type { ContextRows } from "./context-store.ts";
import type { CauseKind, EventView, Evidence, Outcome, PromotedFrom, ServiceKey, StepRecord } from "./control.ts";
import type { DriftStore } from "./drift-store.ts";
import type { FreezeStore } from "./freeze-store.ts";
import type { Owed } from "./giving-back.ts";
import type { GroupStore } from "./groups-store.ts";
import type { JobStore } from "./jobs-store.ts";
import type { Instant, SlotPath } from "./ports.ts";
import type { ProjectContainer } from "./project.ts";
import type { PullStore } from "./pull-store.ts";
import type { TokenStore } from "./token-store.ts";
import type { TriggerStore } from "./trigger-store.ts";

/** What should run, and what was done. What *is* running is never stored: it is looked at. */

export interface ServiceRow extends ServiceKey {
  /** The service as the file last applied had it: one side of the three-way comparison. */
  readonly applied: ServiceSpec;
  /** The revision wanted now, and the last one that succeeded. */
  readonly target: number;
  readonly stable: number | null;
  readonly generation: number;
  readonly stableGeneration: number;
  readonly replicas: number;
  readonly stableReplicas: number;
  readonly stopped: boolean;
  /** Not in the file any more, or its stack is down: all instances go, the history stays. */
  readonly removed: boolean;
  /** The deployment after which nothing more is tried: a first one that failed. */
  readonly halted: string | null;
  /** The deployment that pinned it. */
  readonly pinned: string | null;
  readonly overrides: Overrides;
  /** As they were when `stable` succeeded: what a failed deployment set goes with it. */
  readonly stableOverrides: ServiceRow["overrides"];
  /** The running deployment. */
  readonly deployment: string | null;
  /** The set before the present one, ready and without traffic for a while: to go back to it is one switch. */
  readonly warm?: WarmSet;
  /** Served by weight until told otherwise; the shares, in hundredths of a percent, are the whole together. */
  readonly split?: readonly SplitShare[];
  /** As it was when `stable` succeeded. */
  readonly stableSplit?: readonly SplitShare[];
  /** What its volumes had before a restore that has not succeeded yet; absent where there is none. */
  readonly owed?: Owed;
}

export interface WarmSet {
  readonly revision: number;
  readonly generation: number;
  readonly until: Instant;
  /** What it was given, and what its successor gets when it is switched back. */
  readonly forMs: number;
}

export interface SplitShare {
  readonly revision: number;
  readonly share: number;
}

export interface DeploymentRow extends ServiceKey {
  readonly id: string;
  readonly from: number | null;
  readonly to: number;
  readonly strategy: string;
  readonly cause: { readonly kind: CauseKind; readonly who: string };
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  readonly direction: "forward" | "back";
  readonly paused: boolean;
  /** How it will end once it has gone back: a failure, or somebody's abort. */
  readonly backAs: "rolled-back" | "aborted" | null;
  /** Of instances that failed in this direction: the first and the last ones. */
  readonly failures: readonly string[];
  /** How many there were between them; absent: none. */
  readonly passedOver?: number;
  readonly evidence: Evidence | null;
  readonly progressAt: Instant;
  /** Done to its volumes before the new instances started: `snapshot/1`. */
  readonly preluded?: readonly string[];
  /** Volume → the snapshot taken before this deployment. */
  readonly snapshots?: Readonly<Record<string, string>>;
  /** Whether somebody outside agreed; absent where nobody was asked yet. */
  readonly confirm?: Confirm;
  /** The group it is a member of; absent without. */
  readonly group?: string;
  /** Of a group: every instance serves, and it waits for the others. */
  readonly arrived?: boolean;
  /** The service was stopped when it began: with a job before that fails, it is again. */
  readonly wasStopped?: boolean;
  /** Volume → the snapshot it gets its content back from (`rollback --data`). */
  readonly restores?: Readonly<Record<string, string>>;
  /** Where old and new stand side by side. */
  readonly course?: Course;
  /** Its revision has served before. */
  readonly proven?: boolean;
  /** The instances were there before it, and have answered where its routes lead: what both revisions claim is its own. */
  readonly answered?: boolean;

  readonly promoted?: PromotedFrom;
}

/** What the journal knows of one instance, by the engine's id. */
export interface Fact extends ServiceKey {
  readonly id: string;
  readonly name: string;
  readonly drainingSince: Instant | null;
  /** The deployment it is evidence of. */
  readonly evidenceOf: string | null;
  /** `startedAt` as the engine gave it for the start that Instar made. */
  readonly startedAt: Instant | null;
  /** Why the deployment that runs replaces it, in words: it drifted, has aged, or was the evidence of an earlier deployment. */
  readonly heal?: string;
  /** It is kept until then, out of rotation. */
  readonly quarantine?: { readonly until: Instant; readonly because: string };
}

export interface CrashRow extends ServiceKey, Crash {
  readonly instance: string;
  readonly exitCode: number | null;
  readonly reason: string;
}

/** The end of an instance that was to run once; the last one of its slot. */
export interface CompletionRow extends ServiceKey {
  readonly slot: number;
  readonly revision: number;
  readonly generation: number;
  readonly instanceHash: string;
  readonly instance: string;
  readonly exitCode: number | null;
  readonly at: Instant;
  /** Its last lines. */
  readonly log: readonly string[];
}

/** A Compose project that this stack took over; its containers are kept, stopped, until it is finished or undone. */
export interface AdoptionRow {
  readonly stack: string;
  readonly at: Instant;
  readonly who: string;
  readonly state: "active" | "undoing";
  /** Network name in the file → the engine's name here: the project's own network has the other one. */
  readonly networks: Readonly<Record<string, string>>;
  /** In the order in which a way back starts them. Empty once it is finished. */
  readonly containers: readonly (ProjectContainer & {
    /** Networks of ours it was attached to. */
    readonly attached: readonly string[];
  })[];
}

export interface NetworkRow {
  readonly name: string;
  readonly stack: string;
  readonly subnet: string;
}

/** A volume whose data is ours to keep: the engine had it when the row was written, so one that is gone is missed, not made again. */
export interface VolumeRow {
  /** The engine's. */
  readonly name: string;
  readonly stack: string;
  /** Whose it is when the file gave it no name: it goes from instance to instance of the slot. */
  readonly owner: SlotPath | null;
  /** `made` by Instar, whose label proves it; `adopted`: this row is the proof. */
  readonly origin: "made" | "adopted";
}

export interface PortRow extends ServiceKey {
  readonly target: number;
  readonly protocol: string;
  readonly published: number;
}

export interface StackRow {
  readonly name: string;
  readonly updatedAt: Instant;
  readonly removed: boolean;
  /** The networks and volumes of the stack as last applied. */
  readonly networks: string;
  readonly volumes: string;
}

export interface NewEvent {
  readonly kind: string;
  readonly message: string;
  readonly stack?: string;
  readonly service?: string;
  readonly instance?: string;
  readonly deployment?: string;
}

/** Raises INS6003 when the disk is full; nothing of the failed write remains. */
export interface Store
  extends FreezeStore,
    JobStore,
    GroupStore,
    ContextRows,
    DriftStore,
    EventChain,
    FollowStore,
    PullStore,
    TokenStore,
    TriggerStore {
  readonly installation: string;
  /** All or nothing; calls inside go through the store handed in. */
  write<T>(work: (store: Store) => Promise<T>): Promise<T>;

  stacks(): Promise<readonly StackRow[]>;
  stack(name: string): Promise<StackRow | null>;
  putStack(row: StackRow): Promise<void>;

  services(stack?: string): Promise<readonly ServiceRow[]>;
  service(key: ServiceKey): Promise<ServiceRow | null>;
  putService(row: ServiceRow): Promise<void>;

  revision(key: ServiceKey, number: number): Promise<Revision | null>;
  revisions(key: ServiceKey): Promise<readonly Revision[]>;
  /** Numbered here: one more than the highest of the service. */
  addRevision(revision: Omit<Revision, "number">): Promise<Revision>;
  /** One that has its number already, from the labels of its instances. */
  putRevision(revision: Revision): Promise<void>;
  /** Every image any revision of any service names. */
  images(): Promise<readonly ImageIdentity[]>;

  deployment(id: string): Promise<DeploymentRow | null>;
  /** Newest first. */
  deployments(key: ServiceKey, limit: number): Promise<readonly DeploymentRow[]>;
  /** Numbered here: D1, D2, … */
  addDeployment(row: Omit<DeploymentRow, "id">): Promise<DeploymentRow>;
  putDeployment(row: DeploymentRow): Promise<void>;
  addStep(deployment: string, step: StepRecord): Promise<void>;
  steps(deployment: string): Promise<readonly StepRecord[]>;

  addEvent(at: Instant, event: NewEvent): Promise<EventView>;
  events(of: { after?: number; limit?: number; stack?: string; service?: string }): Promise<readonly EventView[]>;

  facts(key: ServiceKey): Promise<ReadonlyMap<string, Fact>>;
  putFact(fact: Fact): Promise<void>;
  dropFact(id: string): Promise<void>;

  crashes(key: ServiceKey, since: Instant): Promise<readonly CrashRow[]>;
  addCrash(row: CrashRow): Promise<void>;
  clearCrashes(key: ServiceKey): Promise<void>;

  completions(key: ServiceKey): Promise<readonly CompletionRow[]>;
  putCompletion(row: CompletionRow): Promise<void>;

  adoption(stack: string): Promise<AdoptionRow | null>;
  adoptions(): Promise<readonly AdoptionRow[]>;
  putAdoption(row: AdoptionRow): Promise<void>;
  dropAdoption(stack: string): Promise<void>;

  networks(): Promise<readonly NetworkRow[]>;
  putNetwork(row: NetworkRow): Promise<void>;
  dropNetwork(name: string): Promise<void>;

  volumes(stack?: string): Promise<readonly VolumeRow[]>;
  putVolume(row: VolumeRow): Promise<void>;
  dropVolume(name: string): Promise<void>;

  ports(): Promise<readonly PortRow[]>;
  putPort(row: PortRow): Promise<void>;
  dropPorts(key: ServiceKey): Promise<void>;

  close(): Promise<void>;
}
