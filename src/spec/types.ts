import type { TagRule } from "../lib/tag-choice.ts";
import type { ContainerSpec } from "./container.ts";
import type { ContextSpec } from "./context.ts";

/**
 * The resolved stack file: what `up` sends to the daemon. Plain JSON, every default explicit,
 * every path absolute, every interpolation done. Durations are integer milliseconds, sizes bytes.
 */
export const SPEC_VERSION = 1;

export interface StackSpec {
  readonly specVersion: number;
  readonly name: string;
  readonly services: Readonly<Record<string, ServiceSpec>>;
  /** Keyed by the name used in the file. */
  readonly networks: Readonly<Record<string, NetworkSpec>>;
  readonly volumes: Readonly<Record<string, VolumeSpec>>;
  /** All services of one `up` succeed, or all go back. */
  readonly atomic: boolean;
}

export interface NetworkSpec {
  /** The engine's name: `<stack>_<key>` unless `name:` says otherwise. */
  readonly name: string;
  readonly external: boolean;
  readonly internal: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly driverOpts?: Readonly<Record<string, string>>;
}

export interface VolumeSpec {
  /** The engine's name: `<stack>_<key>` unless `name:` says otherwise. */
  readonly name: string;
  readonly external: boolean;
  readonly driver: string;
  readonly driverOpts: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** `x-instar.shared`; null when the file does not say. */
  readonly shared: boolean | null;
  /** `x-instar.snapshot`: taken between the old instance's stop and the new one's start; absent for never. */
  readonly snapshot?: SnapshotSpec;
  /** `x-instar.freeze`: how whoever writes to it is made to stand still for a snapshot; absent where nothing can. */
  readonly freeze?: FreezeSpec;
}

/** Two commands, each run in every instance that writes to the volume. `thaw` is run also where nothing is frozen any more. */
export interface FreezeSpec {
  readonly command: readonly string[];
  readonly thaw: readonly string[];
  /** How long each command may take. */
  readonly timeoutMs: number;
  /** How long the volume may stay frozen in all; a snapshot that takes longer fails. */
  readonly limitMs: number;
}

/** Which of the snapshots taken before deployments are kept; null is without limit. */
export interface SnapshotSpec {
  readonly keep: number | null;
  readonly maxAgeMs: number | null;
}

export interface ServiceSpec {
  readonly image: string;
  readonly build: BuildSpec | null;
  /** `missing` unless the file says `pull_policy`. */
  readonly pullPolicy: "missing" | "always" | "never";
  readonly command: readonly string[] | null;
  readonly entrypoint: readonly string[] | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string | null;
  readonly workingDir: string | null;
  readonly hostname: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly MountSpec[];
  readonly tmpfs: readonly TmpfsSpec[];
  readonly readOnly: boolean;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly init: boolean;
  readonly stopSignal: string | null;
  readonly stopGraceMs: number;
  readonly logging: LoggingSpec | null;
  readonly resources: ResourcesSpec;
  /** null means the image's own HEALTHCHECK. */
  readonly healthcheck: HealthcheckSpec | null;
  readonly restart: RestartSpec;
  /** Network key → aliases. Empty only with a `networkMode`. */
  readonly networks: Readonly<Record<string, AttachmentSpec>>;
  readonly networkMode: "none" | "host" | null;
  /** Absent when the file says nothing of it, as every optional key of a spec: absent changes no hash. */
  readonly container?: ContainerSpec;
  /** Secrets and configs, sorted by target. Absent when there are none. */
  readonly files?: readonly FileSpec[];
  /** Absent: `detect`. `enforce` has made the root read-only already. */
  readonly immutable?: "enforce" | "off";
  /** Paths of the writable layer that may change, sorted; under `enforce` they are among `tmpfs`. */
  readonly scratch?: readonly string[];
  /** What its instances are told at run time; absent when nothing. */
  readonly context?: ContextSpec;
  /** Instances that are older are replaced, ms; absent: never for their age. */
  readonly maxAgeMs?: number;

  readonly replicas: number;
  readonly expose: readonly number[];
  readonly ports: readonly PortSpec[];
  readonly dependsOn: Readonly<Record<string, DependencySpec>>;
  readonly rollout: RolloutSpec;
  readonly rollback: RolloutSpec;

  readonly strategy: "rolling" | "recreate" | "blue-green" | "canary";
  /** How old and new stand side by side under `blue-green` and `canary`; absent otherwise. */
  readonly sides?: SidesSpec;
  /** Clients come back to the instance they were given, and to its revision when it has gone. */
  readonly sticky?: { readonly cookie: string };
  readonly ready: ReadySpec | null;
  /** How long an instance may take from start to ready. */
  readonly readyTimeoutMs: number;
  /** How long an instance must stay ready before it counts as available. */
  readonly minReadyMs: number;
  /** How long sessions may take to finish before they are cut. null: 30 s, or 5 s for HTTP under stop-first. */
  readonly drainMs: number | null;
  /** How long requests wait in the router while nothing is ready. null: computed. */
  readonly holdMs: number | null;
  readonly domains: readonly DomainSpec[];
  /** The container port that domains go to. */
  readonly domainPort: number | null;
  readonly balance: "roundrobin" | "leastconn";
  readonly timeoutMs: number;
  /** One-off services of the file that run with each deployment; absent without. Part of the revision, of no instance. */
  readonly jobs?: JobsSpec;
  /** URLs that are asked and told; absent without. */
  readonly hooks?: HooksSpec;
  /** Which pushed images come in by themselves; absent: none. */
  readonly autoredeploy?: AutoredeploySpec;
  /** Its image runs only when it is signed. Part of the revision, not of what is in a container. */
  readonly verify?: VerifySpec;
  /** How many revisions can be gone back to; absent: 5. */
  readonly keep?: number;
}

export interface HooksSpec {
  /** Asked whether a deployment may go on. */
  readonly confirm?: HookSpec & { readonly timeoutMs: number };
  /** Told what happens to deployments. */
  readonly notify?: HookSpec;
}

export interface HookSpec {
  /** Often a secret: shown by its origin only. */
  readonly url: string;
}

export interface JobsSpec {
  /** Runs before anything of the running service changes. */
  readonly before?: JobSpec;
  /** Runs when every instance of the new revision serves. */
  readonly after?: JobSpec;
}

export interface JobSpec {
  /** Its name under `services:`. */
  readonly service: string;
  /** Counted from its start; what has not ended by then is stopped and has failed. */
  readonly timeoutMs: number;
  /** `revision`: it is of the same image (or build) as the service, and runs with that of the revision deployed. */
  readonly image: "revision" | "own";
  readonly spec: Omit<ServiceSpec, "jobs" | "hooks">;
  /** Of an `own` image: what its reference was when the revision was made. Set by the daemon. */
  readonly resolved?: ImageIdentity;
}

export interface SidesSpec {
  /** How long the old set is kept ready after the switch. */
  readonly warmMs: number;
  /** `manual`: nothing is switched until somebody says so. Of blue-green. */
  readonly promote: "auto" | "manual";
  /** A host that leads to the new revision from before it has any traffic; null: none. */
  readonly preview: string | null;
  /** Of canary: shares in hundredths of a percent, in order. */
  readonly steps: readonly number[];
  /** Of canary: how long each step lasts; null: until somebody promotes. */
  readonly everyMs: number | null;
  /** Of canary: instances in hundredths of a percent of the wanted number; null: as the step's share. */
  readonly size: number | null;
  /** Of canary: a header or cookie of this name with the value `always` or `never` chooses the side. */
  readonly header: string | null;
  readonly cookie: string | null;
}

export interface AutoredeploySpec {
  readonly tags: TagRule;
  /** How often the registry is asked; it also may tell by itself. */
  readonly everyMs: number;
  /** How long an image must have been there, seen by us, before it comes in. */
  readonly minAgeMs: number;
  /** Only with `instar approve`. */
  readonly approve: boolean;
  /** A daily stretch in the daemon's time zone, minutes since midnight; the end is not part of it. It may cross midnight. */
  readonly window: { readonly fromMinute: number; readonly toMinute: number } | null;
}

export interface VerifySpec {
  /** PEM of the public key: SPKI, as Node writes it. */
  readonly cosign: string;
}

export interface AttachmentSpec {
  readonly aliases: readonly string[];
  readonly driverOpts?: Readonly<Record<string, string>>;
}

export interface BuildSpec {
  readonly context: string;
  /** Relative to the context. */
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  readonly target: string | null;
  readonly options?: BuildOptions;
}

/** Only what the file says is there. */
export interface BuildOptions {
  /** The text of a Dockerfile that no file has. */
  readonly inline?: string;
  readonly network?: string;
  readonly extraHosts?: readonly string[];
  readonly shmSizeBytes?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ulimits?: Readonly<Record<string, { readonly soft: number; readonly hard: number }>>;
  readonly cacheFrom?: readonly string[];
  readonly noCache?: boolean;
  readonly pull?: boolean;
}

export interface MountSpec {
  readonly kind: "volume" | "bind";
  /** The key in `volumes:` for a volume (null: anonymous), an absolute host path for a bind. */
  readonly source: string | null;
  readonly target: string;
  readonly readOnly: boolean;
  /** Short syntax makes a missing bind source; long syntax refuses it (Compose spec, volumes). */
  readonly createHostPath: boolean;
  /** The file does not name it: the image declares it (`VOLUME`). */
  readonly fromImage?: true;
  /** Of a bind; the engine's default is `rprivate`. */
  readonly propagation?: Propagation;
  /** Of a volume: what the image has at the target is not copied into it. */
  readonly noCopy?: boolean;
  /** Of a volume: only this folder of it is mounted. */
  readonly subpath?: string;
}

export type Propagation = "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave";

/** A secret or config that an instance finds as a read-only file. Never the content itself. */
export interface FileSpec {
  readonly kind: "secret" | "config";
  /** The key under `secrets:` or `configs:`. */
  readonly key: string;
  /** The name under which the daemon's host has it; null: its content comes with `up`. */
  readonly external: string | null;
  readonly target: string;
  /** null: the daemon's own user, root as a rule. */
  readonly uid: number | null;
  readonly gid: number | null;
  /** null until the daemon has seen the content: 0444, or 0555 for an executable file. */
  readonly mode: number | null;
  /** HMAC of the content with a key of the installation, 64 hex digits; null until the daemon has seen it. */
  readonly version: string | null;
}

export interface TmpfsSpec {
  readonly target: string;
  readonly sizeBytes: number | null;
  readonly mode: number | null;
  /** Further mount options, sorted: `exec`, `uid=1000`. */
  readonly options?: readonly string[];
}

export interface LoggingSpec {
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
}

export interface ResourcesSpec {
  /** Billionths of a core, 0 for no limit. */
  readonly nanoCpus: number;
  readonly memoryBytes: number;
  readonly memoryReservationBytes: number;
  readonly pids: number;
}

export interface HealthcheckSpec {
  readonly disable: boolean;
  /** Engine form: ["CMD", …] or ["CMD-SHELL", "…"]; empty with `disable`. Empty without it: the image's own, and a 0 below is the image's own too. */
  readonly test: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly startPeriodMs: number;
  readonly startIntervalMs: number | null;
}

export interface RestartSpec {
  readonly policy: "no" | "on-failure" | "always" | "unless-stopped";
  /** 0: no limit. */
  readonly maxAttempts: number;
}

export interface PortSpec {
  /** null: the daemon gives a host port once and keeps it. */
  readonly published: number | null;
  readonly target: number;
  readonly protocol: "tcp" | "udp";
  /** `ingress`: bound by the router. `host`: bound by the engine, forces stop-first. */
  readonly mode: "ingress" | "host";
  readonly hostIp: string | null;
  readonly appProtocol: "http" | "h2c" | "grpc" | "https" | "tcp" | null;
}

export interface DependencySpec {
  readonly condition: "service_started" | "service_healthy" | "service_completed_successfully";
  readonly required: boolean;
}

export interface RolloutSpec {
  /** Batch size; 0 means all at once. */
  readonly parallelism: number;
  readonly delayMs: number;
  /** null: chosen by Instar and shown in the plan. */
  readonly order: "start-first" | "stop-first" | null;
  readonly failureAction: "rollback" | "pause" | "continue";
  readonly monitorMs: number;
  /** 0 to 1. */
  readonly maxFailureRatio: number;
}

export type ReadySpec =
  | { readonly kind: "http"; readonly path: string; readonly port: number | null }
  | { readonly kind: "tcp"; readonly port: number | null }
  | { readonly kind: "healthcheck" };

export interface DomainSpec {
  /** Lower case; a leading `*.` is a wildcard for one or more labels. */
  readonly host: string;
  /** null, or a path prefix that starts with `/`. */
  readonly path: string | null;
  /** 1 to 10,000: its part, where several services of the stack share the domain. Absent: the domain is this service's alone. */
  readonly weight?: number;
}

/** A remark about the file that changes nothing by itself: an ignored key, a default with consequences. */
export interface Notice {
  readonly code: string;
  readonly message: string;
  readonly at: Position | null;
}

export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** An image is the set of its digests: equality is membership (index, manifest and config digests). */
export interface ImageIdentity {
  /** What the file or verb said, e.g. `registry.example/shop/web:1.4`. */
  readonly reference: string;
  /** `sha256:…`, every digest known for it; sorted. */
  readonly digests: readonly string[];
  /** What the engine is asked to run: `name@sha256:…` or the image id. */
  readonly runnable: string;
  /** What `ps` shows: the platform manifest's digest, the config's for a local image. */
  readonly shown: string;
  /** Paths the image declares as volumes (OCI image config, `Volumes`), sorted; absent for none. */
  readonly volumes?: readonly string[];
}

/** An immutable, numbered version of a service. */
export interface Revision {
  readonly stack: string;
  readonly service: string;
  readonly number: number;
  readonly specVersion: number;
  readonly spec: ServiceSpec;
  readonly image: ImageIdentity;
  /** Engine names of the volumes the mounts resolve to, and of networks, by key: they reach container create. */
  readonly volumeNames: Readonly<Record<string, string>>;
  readonly networkNames: Readonly<Record<string, string>>;
  /** sha256 hex over what reaches container create; decides replacement. */
  readonly instanceHash: string;
  /** sha256 hex over the whole spec and image. */
  readonly revisionHash: string;
  readonly createdAt: number;
  readonly who: string;
  readonly why: string;
}
