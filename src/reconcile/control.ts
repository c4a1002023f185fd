import type { Course } from "../plan/course.ts";
import type { Pause } from "../plan/pauses.ts";
import type { BuildOptions, Notice, ServiceSpec, StackSpec } from "../spec/types.ts";
import type { AutoredeployControl } from "./autoredeploy-control.ts";
import type { DriftControl } from "./drift-control.ts";
import type { ExecControl } from "./exec-control.ts";
import type { ImageControl } from "./image-control.ts";
import type { JobView } from "./job-views.ts";
import type { Instant, LogLine } from "./ports.ts";
import type { Project } from "./project.ts";
import type { SecretControl } from "./secret-control.ts";
import type { SideControl } from "./side-control.ts";
import type { TokenControl } from "./token-control.ts";
import type { TriggerControl } from "./trigger-control.ts";
import type { VerifyControl } from "./verify-control.ts";
import type { VolumeControl } from "./volume-control.ts";

/** What the API (and through it the CLI and the page) can ask of the daemon. Shapes follow the command contract. */

export interface ServiceKey {
  readonly stack: string;
  readonly service: string;
}

export type CauseKind =
  | "up"
  | "deploy"
  | "redeploy"
  | "rollback"
  | "scale"
  | "recycle"
  | "split"
  | "trigger"
  | "autoredeploy"
  | "drift"
  | "max-age"
  | "context"
  | "crash";
export type Outcome = "succeeded" | "rolled-back" | "failed" | "superseded" | "aborted" | "running" | "paused" | "unchanged";

export interface StepRecord {
  readonly at: Instant;
  readonly do: string;
  readonly instance: string | null;
  readonly because: string;
}

export interface Evidence {
  readonly instance: string;
  readonly exitCode: number | null;
  readonly reason: string;
  /** The last 100 log lines. */
  readonly log: readonly string[];
}

export interface PromotedFrom extends ServiceKey {
  readonly revision: number;
}

export interface DeploymentView {
  readonly id: string;
  readonly stack: string;
  readonly service: string;
  readonly from: number | null;
  readonly to: number;
  readonly strategy: string;
  readonly cause: { readonly kind: CauseKind; readonly who: string };
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  readonly seconds: number;
  readonly steps: readonly StepRecord[];
  readonly evidence: Evidence | null;
  /** Its steps, where old and new stand side by side. */
  readonly course?: Course;
  /** Stretches in which no instance served; requests were held meanwhile, connections to TCP ports refused. */
  readonly pauses: readonly Pause[];
  /** It succeeds together with the others of this group, or goes back with them; absent without one. */
  readonly group?: string;
  /** Absent where none has begun. */
  readonly jobs?: readonly JobView[];

  /** Where its image served before (`deploy --from`). */
  readonly promoted?: PromotedFrom;
}

export type Phase = "starting" | "ready" | "serving" | "draining" | "stopped" | "failed" | "quarantined" | "evidence";

export interface InstanceView {
  readonly id: string;
  readonly name: string;
  readonly stack: string;
  readonly service: string;
  readonly revision: number;
  readonly slot: number;
  readonly image: string;
  readonly digest: string;
  readonly phase: Phase;
  readonly weight: number;
  readonly drift: "none" | "tainted" | "changed" | "worn" | "foreign" | "unwatched";
  readonly address: string;
  readonly createdAt: Instant;
}

export interface ServiceView extends ServiceKey {
  readonly revision: number;
  readonly image: string;
  readonly digest: string;
  readonly replicas: { readonly wanted: number; readonly serving: number };
  readonly ports: readonly { readonly published: number; readonly target: number; readonly protocol: string }[];
  readonly domains: readonly string[];
  /** Of the domains that it shares with other services; absent without any. */
  readonly shares?: readonly ShareView[];
  readonly state: "running" | "deploying" | "stopped" | "failed" | "degraded" | "completed";
  readonly pinned: boolean;
  readonly deployment: string | null;
}

/** A service's part of a shared domain. */
export interface ShareView {
  /** As in `domains`. */
  readonly domain: string;
  readonly weight: number;
  /** Hundredths of a percent: by the weights alone, and as it is while others have no ready instance. */
  readonly share: number;
  readonly now: number;
}

export interface StackView {
  readonly name: string;
  readonly services: number;
  readonly state: string;
  readonly updatedAt: Instant;
}

export interface RevisionView {
  readonly number: number;
  readonly image: string;
  readonly digest: string;
  readonly instanceHash: string;
  readonly revisionHash: string;
  readonly createdAt: Instant;
  readonly who: string;
  readonly why: string;
  readonly current: boolean;
  readonly spec: ServiceSpec;
}

export interface HistoryView {
  readonly deployments: readonly DeploymentView[];
  readonly revisions: readonly RevisionView[];
}

export interface UpRequest {
  readonly spec: StackSpec;
  readonly notices: readonly Notice[];
  readonly who: string;
  readonly prune: boolean;
  readonly unpin: boolean;
  readonly forceFile: boolean;
  /** Volumes (or paths) that may take another's place, or be empty where data was. */
  readonly acceptVolumes?: readonly string[];
  /** Take over the Compose project of the stack's name. */
  readonly adopt?: boolean;
  /** Service → image reference already built through `build`. */
  readonly built: Readonly<Record<string, string>>;
  /** `secret:KEY` or `config:KEY` → its content: kept beside the spec, never shown again. */
  readonly contents?: Readonly<Record<string, SentContent>>;
}

export interface SentContent {
  readonly base64: string;
  readonly executable: boolean;
}

/** One service's part of a plan. */
export interface ServicePlan {
  readonly stack: string;
  readonly service: string;
  readonly action: "create" | "replace" | "update" | "scale" | "none" | "remove" | "pinned" | "orphaned";
  readonly from: number | null;
  readonly to: number | null;
  /** Key by key: path in the service spec, before and after as short text. Secrets are not shown. */
  readonly changes: readonly {
    readonly path: string;
    readonly before: string | null;
    readonly after: string | null;
    readonly replaces: boolean;
  }[];
  /** The rollout's steps with their reasons, as the planner would take them. */
  readonly steps: readonly { readonly do: string; readonly instance: string | null; readonly because: string }[];
  /** `image from deployment D12`. */
  readonly kept: readonly string[];
  /** The order with its reason, and how readiness is seen; null when nothing moves. */
  readonly rollout: string | null;
  /** The most containers there are at once beyond those that were there, or will be. */
  readonly extraContainers: number;
  /** What clients notice, in words; null: nothing. */
  readonly pause: string | null;
  /** Of the Compose project that is being adopted. */
  readonly takesOver: { readonly containers: readonly string[]; readonly volumes: readonly string[] } | null;
}

export interface PlanView {
  readonly stack: string;
  readonly changed: boolean;
  readonly services: readonly ServicePlan[];
  readonly notices: readonly Notice[];
}

export interface UpView {
  readonly deployments: readonly DeploymentView[];
  readonly notices: readonly Notice[];
  readonly kept: readonly string[];
}

export interface EventView {
  readonly seq: number;
  readonly at: Instant;
  readonly kind: string;
  readonly stack: string | null;
  readonly service: string | null;
  readonly instance: string | null;
  readonly deployment: string | null;
  readonly message: string;
}

export interface DoctorView {
  readonly checks: readonly {
    readonly name: string;
    readonly state: "ok" | "warn" | "fail";
    readonly message: string;
    readonly hint: string | null;
  }[];
}

export interface DownView {
  readonly removed: readonly string[];
  readonly keptVolumes: readonly string[];
  readonly removedVolumes: readonly string[];
}

export interface BuiltView {
  /** What the engine here calls it. */
  readonly image: string;
  /** In its registry; the digest is its manifest's. */
  readonly pushed?: { readonly reference: string; readonly digest: string };
}

/** Every call raises catalogue errors; calls that move a service return its deployment while it runs. */
export interface Control {
  readonly volumes: VolumeControl;
  readonly autoredeploy: AutoredeployControl;
  readonly images: ImageControl;
  readonly sides: SideControl;

  readonly drift: DriftControl;
  readonly proofs: VerifyControl;
  readonly triggers: TriggerControl;
  readonly execs: ExecControl;
  readonly secrets: SecretControl;
  readonly tokens: TokenControl;
  up(request: UpRequest): Promise<UpView>;
  plan(request: UpRequest): Promise<PlanView>;
  /** `push`: where the image is put too, a name with a tag. Raises INS3008, INS3037. */
  build(
    stack: string,
    service: string,
    context: NodeJS.ReadableStream,
    build: { dockerfile: string; target: string | null; args: Record<string, string>; options?: BuildOptions; push?: string },
    progress: (line: string) => void,
  ): Promise<BuiltView>;
  /** `strategy`: for this deployment, instead of the file's. Raises INS1042, INS1043. */
  deploy(service: ServiceKey, image: string, who: string, strategy?: ServiceSpec["strategy"]): Promise<DeploymentView>;
  /** The exact image that serves in `from`. Raises INS2056. */
  deployFrom(service: ServiceKey, from: ServiceKey, who: string, strategy?: ServiceSpec["strategy"]): Promise<DeploymentView>;
  redeploy(service: ServiceKey, who: string): Promise<DeploymentView>;
  recycle(service: ServiceKey, who: string): Promise<DeploymentView>;
  /** `to` null: the revision before the present one. `data`: the volumes too, as they were before it. Raises INS2023. */
  rollback(service: ServiceKey, how: { readonly to: number | null; readonly data: boolean }, who: string): Promise<DeploymentView>;
  unpin(service: ServiceKey, who: string): Promise<ServiceView>;
  scale(service: ServiceKey, replicas: number, who: string): Promise<DeploymentView>;
  stop(service: ServiceKey, who: string): Promise<DeploymentView>;
  start(service: ServiceKey, who: string): Promise<DeploymentView>;
  down(stack: string, how: { volumes: boolean; who: string }): Promise<DownView>;
  /** The Compose project of this name, if there is one. Raises INS2022 otherwise. */
  project(name: string): Promise<Project>;
  /** Names of the project's containers that run again. */
  undoAdoption(project: string, who: string): Promise<readonly string[]>;
  /** Names of the project's containers that were removed. */
  finishAdoption(project: string, who: string): Promise<readonly string[]>;
  pause(deployment: string, who: string): Promise<DeploymentView>;
  resume(deployment: string, who: string): Promise<DeploymentView>;
  abort(deployment: string, who: string): Promise<DeploymentView>;

  instances(of?: Partial<ServiceKey>): Promise<readonly InstanceView[]>;
  services(stack?: string): Promise<readonly ServiceView[]>;
  stacks(): Promise<readonly StackView[]>;
  deployment(id: string): Promise<DeploymentView>;
  history(service: ServiceKey): Promise<HistoryView>;
  diff(service: ServiceKey, a: number, b: number): Promise<readonly { path: string; before: string | null; after: string | null }[]>;
  /** Newest last; `after` is a sequence number. */
  events(of: { after?: number; limit?: number; stack?: string; service?: string }): Promise<readonly EventView[]>;
  /** Calls back for every event from now on; the returned function ends it. Also `changed` ticks without an event row (seq 0) when instances move. */
  subscribe(listener: (event: EventView) => void): () => void;
  logs(of: ServiceKey, how: { follow: boolean; tail: number | null; signal: AbortSignal }): AsyncIterable<LogLine>;
  doctor(): Promise<DoctorView>;
  /** A fresh router container takes over the sockets. */
  replaceRouter(who: string): Promise<void>;
  /** The last thousand times from an engine's event to the plan made for it, in ms. */
  timings(): Promise<{ readonly eventToStepMs: readonly number[] }>;
  /** `service` or `stack/service` → key. Raises INS2002, INS2003. */
  find(name: string): Promise<ServiceKey>;
}
