import type { HealthcheckSpec, ImageIdentity } from "../spec/types.ts";
import type { Blueprint, EngineInstance, InstanceIdentity, Instant } from "./ports.ts";

/** The engine's part about drift: what it remembers, and what is different in an instance. Only looks. */

/** An instance as its watch needs it. */
export interface WatchedInstance extends InstanceIdentity {
  readonly id: string;
  readonly createdAt: Instant;
  readonly startedAt: Instant | null;
  readonly life: "created" | "running" | "ended";
  /** As the engine prints it in the event of a run; null: none. */
  readonly healthcheck: string | null;
  /** Engine names. */
  readonly volumes: readonly string[];
}

export interface ConfigurationDifference {
  /** `Env.DEBUG`, `HostConfig.Privileged`, `Mounts./data`. */
  readonly path: string;
  readonly expected: string | null;
  readonly found: string | null;
  /** A client of the engine can change it while the instance is there; all else is as it was created. */
  readonly changeable: boolean;
}

/** What is different in an instance now. */
export interface Examination {
  /** As the engine shows it. */
  readonly instance: EngineInstance;
  /** Key by key; empty: it is configured as it would be made. */
  readonly differences: readonly ConfigurationDifference[];
  /** Of the writable layer, what nothing declared explains; the hash is empty where the content cannot be read. */
  readonly changed: readonly { readonly path: string; readonly kind: "A" | "C" | "D"; readonly hash: string }[];
  /** There is more than was looked at. */
  readonly more: boolean;
  /** Folders of the image in which something was made that is gone again. */
  readonly traces: readonly string[];
  /** The layer was seen on the host's own disk; false: only as the engine tells it. */
  readonly onDisk: boolean;
  /** hosts, hostname, resolv.conf: path inside → hash of the content; begins with `told:` where the engine tells size and time alone. */
  readonly files: Readonly<Record<string, string>>;
  /** Of these, what the engine itself wrote last. */
  readonly enginesOwn: readonly string[];
}

export interface Examining {
  readonly id: string;
  /** Paths below which anything may change. */
  readonly scratch: readonly string[];
  /** Something was heard of it since the last time: ask the engine again. */
  readonly anew: boolean;
  /** What this instance would be made from; null: its revision was lost with a home, and nothing is compared. Asked seldom. */
  readonly made: (instance: EngineInstance) => Promise<Remade | null>;
}

export interface Remade {
  readonly blueprint: Blueprint;
  /** What is otherwise that the engine cannot know. */
  readonly differences: readonly ConfigurationDifference[];
}

export interface ImageChanges {
  readonly changed: readonly { readonly path: string; readonly at: Instant }[];
  /** There is more than was looked at. */
  readonly more: boolean;
}

export interface Forensics {
  /** By the engine's id. null: it is gone, or no instance of this installation. */
  watched(id: string): Promise<WatchedInstance | null>;
  /** Of an instance made with this check from this image, as `watched` tells it, the image perhaps gone. null: none, or it was the image's own. */
  healthcheckOf(check: HealthcheckSpec | null, image: ImageIdentity): Promise<string | null>;
  /** Ids of every container of this installation, whatever its role. */
  ownContainers(): Promise<ReadonlySet<string>>;
  /** null: it is gone, or no instance. Bounded in paths, bytes and time, however much has changed. */
  examine(what: Examining): Promise<Examination | null>;
  /** Of its image's own layers, what was changed after the instance was made: the first hundred. Reads the whole image. */
  imageChanges(id: string): Promise<ImageChanges>;
  /** The changed paths of the writable layer as a tar, in the form the engine keeps them. Raises INS3021, INS3022. */
  exportLayer(id: string): Promise<NodeJS.ReadableStream>;
  /** What the engine still knows of what happened: whether its memory is full, and its oldest event. */
  memory(): Promise<{ readonly full: boolean; readonly oldest: Instant | null }>;
}
