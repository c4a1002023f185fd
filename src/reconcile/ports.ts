import type { RouteTable, ServerState } from "../route/types.ts";
import type { AttachmentSpec, BuildSpec, ImageIdentity, NetworkSpec, ReadySpec, ServiceSpec, VolumeSpec } from "../spec/types.ts";
import type { Forensics } from "./drift-engine.ts";
import type { Execs } from "./exec-engine.ts";
import type { Execution } from "./execution.ts";
import type { ImageWork } from "./image-port.ts";
import type { Projects } from "./project.ts";

/** Milliseconds since the epoch. */
export type Instant = number;

export interface Clock {
  now(): Instant;
  /** Monotonic wait; returns a cancel function. */
  after(ms: number, wake: () => void): () => void;
}

/** Somebody may set the machine's clock. */
export interface ClockSteps {
  /** By how many ms it was set and not followed yet; 0: it was not. */
  stepped(): number;
  /** From now on the clock tells what it was set to. */
  follow(): void;
}

// ---------------------------------------------------------------------------------------------- engine

export type Limit = "memory" | "swap" | "swappiness" | "cpus" | "cpu_shares" | "cpuset" | "pids" | "oom_kill_disable";

/** Who an instance is, from its labels alone. */
export interface InstanceIdentity {
  readonly name: string;
  readonly stack: string;
  readonly service: string;
  readonly revision: number;
  readonly slot: number;
  readonly attempt: number;
  readonly generation: number;
  readonly instanceHash: string;
}

/** Everything container create needs. Built from the revision, never from an inspect. */
export interface Blueprint extends InstanceIdentity {
  readonly image: ImageIdentity;
  readonly spec: ServiceSpec;
  /** First entry is the network given at create; the rest are connected before the first start. */
  readonly networks: readonly (AttachmentSpec & { readonly name: string; readonly address: string | null })[];
  /** Volume key → engine volume name. */
  readonly volumeNames: Readonly<Record<string, string>>;
  /** Path → engine name of the volume that belongs to this slot there. */
  readonly slotVolumes: Readonly<Record<string, string>>;
  /** Secrets and configs: a file of the host, and where it is mounted read-only. */
  readonly files?: readonly { readonly source: string; readonly target: string }[];
  /** What its service can be rebuilt from (origin.ts): carried as a label, part of no hash. */
  readonly origin?: string | null;
}

/** Whose data a volume without a name in the file holds. */
export interface SlotPath {
  readonly service: string;
  readonly slot: number;
  readonly target: string;
}

export interface EngineInstance extends InstanceIdentity {
  readonly id: string;
  readonly state: "created" | "running" | "paused" | "restarting" | "exited" | "dead" | "removing";
  /** False when a network of its blueprint is still missing: to be removed and built again. */
  readonly built: boolean;
  /** Engine network name → IPv4 address as configured (kept while stopped). */
  readonly addresses: Readonly<Record<string, string>>;
  readonly image: string;
  readonly createdAt: Instant;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  readonly exitCode: number | null;
  readonly oomKilled: boolean;
  readonly restartCount: number;
  readonly health: "none" | "starting" | "healthy" | "unhealthy";
  /** Last output of a failing healthcheck, for the record. */
  readonly healthDetail: string | null;
  /** The engine works on it and does not say more than its list does: no times, exit code, restarts and health. */
  readonly withheld?: true;
}

export interface EngineEvent {
  readonly at: Instant;
  /** create, start, die, stop, kill, destroy, exec_create, health_status …; `resync` after a reconnect: look at everything; `cut` when the stream ended, `slow` from when on events were thrown away. */
  readonly action: string;
  readonly kind: "container" | "network" | "volume" | "image" | "resync" | "cut";
  /** The engine's id of the object; a volume's name. */
  readonly id?: string;
  /** The instance's name, or the object's. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly exitCode: number | null;
  /** What stood behind the action: the command of an exec, the health of a health_status, the number of a kill's signal. */
  readonly detail?: string;
}

export interface EngineNetwork {
  readonly name: string;
  readonly stack: string | null;
  readonly ours: boolean;
  readonly subnet: string | null;
  readonly gateway: string | null;
  /** Addresses taken by anything on it. */
  readonly addresses: readonly string[];
}

export interface EngineVolume {
  readonly name: string;
  readonly stack: string | null;
  readonly ours: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** A container that mounts a volume; Instar's own readers and writers of contents are left out. */
export interface VolumeUser {
  readonly volume: string;
  readonly container: string;
  /** Of this installation; the names are from its labels. */
  readonly ours: boolean;
  readonly stack: string | null;
  readonly service: string | null;
  readonly slot: number | null;
  readonly running: boolean;
  readonly readOnly: boolean;
}

export interface LogLine {
  readonly at: Instant;
  readonly stream: "stdout" | "stderr";
  readonly instance: string;
  readonly text: string;
}

export interface StampedLine extends LogLine {
  /** The engine's own time of it, finer than `at`: no two lines of an instance have the same. */
  readonly stamp: string;
}

/**
 * What runs containers. Every call is idempotent; every destructive one proves ownership by the
 * installation label first and raises INS3002 otherwise.
 * Raises INS3001 when the engine cannot be reached (retryable), INS3004 when an image cannot be found.
 */
export interface Engine extends Projects, ImageWork, Execution, Forensics, Execs {
  /** Version facts; raises INS3001. */
  ping(): Promise<{
    readonly version: string;
    readonly apiVersion: string;
    /** `linux/amd64` */
    readonly platform: string;
    /** What its kernel cannot limit: asked for, it is dropped without an error. */
    readonly lacks: readonly Limit[];
    readonly liveRestore: boolean;
    readonly id: string;
    readonly bootId: string;
    /** When the engine's process began; null where that cannot be seen. */
    readonly startedAt: Instant | null;
  }>;
  /**
   * Of this installation, by label. The engine holds a container's inspect back while it is being created, started or
   * stopped (a third of a second): those named in `roughly` are told from the list alone, without times, exit code,
   * restarts and health; so is one whose inspect does not come within seconds, and that is said of it.
   */
  instances(
    of?: { readonly stack?: string; readonly service?: string },
    roughly?: ReadonlySet<string> | "all",
  ): Promise<readonly EngineInstance[]>;
  instance(name: string): Promise<EngineInstance | null>;
  /** A half-built instance of the same name is removed and built again; a foreign container of that name raises INS3003. */
  create(blueprint: Blueprint): Promise<string>;
  start(name: string): Promise<void>;
  /** SIGTERM (or the spec's signal), then SIGKILL after the grace. Also ends any restart policy. */
  stop(name: string, how: { readonly signal: string | null; readonly graceMs: number }): Promise<void>;
  /** SIGHUP and the like to its main process, which goes on; its restart policy holds as before. Not running raises INS3005. */
  signal(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Removes the container and its anonymous volumes' references; volumes stay. Missing is success. */
  remove(name: string): Promise<void>;
  tail(name: string, lines: number): Promise<readonly string[]>;
  /** `since`: the stamp of the first line wanted. */
  logs(
    name: string,
    how: { readonly follow: boolean; readonly tail: number | null; readonly since?: string | undefined; readonly signal: AbortSignal },
  ): AsyncIterable<StampedLine>;
  /** Never ends by itself: reconnects with `since`, and yields a `resync` after every (re)connect. `since`: with what the engine remembers from then on. */
  events(signal: AbortSignal, since?: Instant): AsyncIterable<EngineEvent>;

  networks(): Promise<readonly EngineNetwork[]>;
  /** Subnets nobody may take: host routes and every engine network. CIDR. */
  takenSubnets(): Promise<readonly string[]>;
  /** Raises INS3003 when a foreign network has the name. */
  ensureNetwork(
    stack: string,
    spec: NetworkSpec,
    block: { readonly subnet: string; readonly ipRange: string; readonly gateway: string },
  ): Promise<void>;
  removeNetwork(name: string): Promise<void>;
  volumes(): Promise<readonly EngineVolume[]>;
  /** Raises INS3003 when a foreign volume has the name, INS1008 when an external one is missing. */
  ensureVolume(stack: string, spec: VolumeSpec, owner?: SlotPath): Promise<void>;
  /** `adopted`: a row of the store is the proof of ownership, not a label. Missing is success. */
  removeVolume(name: string, adopted?: boolean): Promise<void>;
  /** Of one volume or of all: containers of anybody, running or not. */
  volumeUsers(name?: string): Promise<readonly VolumeUser[]>;
  /** Bytes on disk of every volume whose driver tells; slow, since the engine walks through each. */
  volumeSizes(): Promise<ReadonlyMap<string, number>>;
  /** Bytes on disk of one volume, counted file by file, whatever its driver. Raises INS3010, as the next two. */
  measureVolume(name: string): Promise<number>;
  /**
   * The content as a tar with owners, modes, times, links, sparse files and extended attributes. Ends with INS3010 when
   * anything could not be read; `live` lets files change while they are read.
   */
  readVolume(name: string, how: { readonly live: boolean }): AsyncIterable<Buffer>;
  /** Empties the volume, then unpacks the tar there. Half of it may be there after a failure. */
  writeVolume(name: string, tar: AsyncIterable<Buffer>): Promise<void>;
  /** Removes the containers which reading and writing left behind when a daemon was killed. */
  sweepVolumeWork(): Promise<void>;

  /** `always` asks the registry first; a local-only image (no repo digest) is taken as it is. Raises INS3004. */
  resolveImage(reference: string, pull: "missing" | "always" | "never", progress?: (line: string) => void): Promise<ImageIdentity>;
  /** Present on the engine right now? */
  hasImage(image: ImageIdentity): Promise<boolean>;
  /** Pulls it back by digest; raises INS3004. */
  restoreImage(image: ImageIdentity): Promise<void>;
  build(context: NodeJS.ReadableStream, spec: BuildSpec, tag: string, progress?: (line: string) => void): Promise<ImageIdentity>;
  /** Gives an image that is here the name `reference`, a tag, and puts it there. Returns the digest of its manifest. Raises INS3004, INS3037. */
  push(image: string, reference: string, progress?: (line: string) => void): Promise<string>;
}

// ---------------------------------------------------------------------------------------------- router

/** A server as HAProxy itself reports it, summed over every worker of every router container. */
export interface RoutedServer {
  readonly backend: string;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly state: ServerState;
  /** Current sessions, summed over all workers, old ones included. */
  readonly sessions: number;
}

/**
 * The Router port. `apply` makes the running HAProxy equal to the table and resolves when it is so in
 * the current worker (and drains in the old ones); it coalesces reloads. Raises INS4001 (port taken by
 * another process), INS4002 (router not running or not answering, retryable), INS4003 (config refused).
 */
export interface Router {
  /** What it has ended by itself, sessions of an old worker, is told in words from now on. Absent: it ends none. */
  listen?(tell: (words: string) => void): void;
  /**
   * Starts the router container when it is not running, adopts it when it is. True, once, where it began without listeners of its last
   * table, whose ports other processes hold: an `apply` says which.
   */
  ensure(): Promise<boolean>;
  apply(table: RouteTable): Promise<void>;
  /** Resolves when the table last applied is on disk, validated, as what a restart would load. */
  persisted(): Promise<void>;
  /** Takes the server out at once, bypassing the queue: used on `die`. */
  maint(server: string): Promise<void>;
  /** Ends the sessions still on this server in every worker; returns how many. */
  cut(server: string): Promise<number>;
  observe(): Promise<readonly RoutedServer[]>;
  /** Sessions of these servers, summed over all workers. */
  sessions(servers: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Host ports of these that another process already listens on. */
  foreignListeners(ports: readonly number[]): Promise<readonly { readonly port: number; readonly by: string }[]>;
  /** A fresh router container takes over the listening sockets; the old one drains and goes. */
  replace(): Promise<void>;
  /** Reads the current worker back, mends what differs from the table applied, and returns how many things did. */
  repair(): Promise<number>;
  /** Ends the router and removes its containers. */
  stop(): Promise<void>;
  /** Lets go of the router, which goes on serving; what was applied is on disk then. */
  close(): Promise<void>;
}

// ---------------------------------------------------------------------------------------------- files

/** A content as an instance finds it. */
export interface StoredFile {
  readonly version: string;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly mode: number;
}

export interface FileContent {
  readonly bytes: Uint8Array;
  /** Whether its owner may run it where it was read. */
  readonly executable: boolean;
}

/** Contents of secrets and configs: each written once, addressed by what it is, never changed and never removed. */
export interface FileStore {
  /** HMAC with a key of the installation: a short content cannot be guessed from it. 64 hex digits. */
  version(content: FileContent): string;
  /** Whole and on disk when it resolves; there already is success. Raises INS6003. */
  put(file: StoredFile, content: FileContent): Promise<void>;
  /** Its absolute path, proved to be as it was put. Raises INS6031. */
  path(file: StoredFile): Promise<string>;
  /** A key of the installation for one purpose, 64 hex digits: the same for ever, and kept nowhere else. */
  derive(purpose: string): string;
  readonly externals: ExternalFiles;
}

export interface ExternalContent extends FileContent {
  readonly changedAt: Instant;
}

/** What is kept under `external/` of the home, by `secret set` or by the host's owner. Each call raises INS2101 for a name that cannot be. */
export interface ExternalFiles {
  /** Raises INS1031, which names the path. */
  read(kind: "secret" | "config", name: string): Promise<ExternalContent>;
  /** Sorted; those of folders too. */
  names(kind: "secret" | "config"): Promise<readonly string[]>;
  /** Whole and on disk when it resolves; a failure leaves what was there. Raises INS2104, INS6003. */
  put(kind: "secret" | "config", name: string, bytes: Uint8Array): Promise<void>;
  /** Raises INS2104. */
  remove(kind: "secret" | "config", name: string): Promise<void>;
}

// ---------------------------------------------------------------------------------------------- probe

export interface Prober {
  /** One attempt, bounded by `timeoutMs`. null is ready; else what was seen instead, in words. */
  probe(
    check: Exclude<ReadySpec, { kind: "healthcheck" }> & { readonly port: number },
    address: string,
    timeoutMs: number,
  ): Promise<string | null>;
}
