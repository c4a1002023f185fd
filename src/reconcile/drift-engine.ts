import type { Revision } from "../spec/types.ts";
import type { InstanceIdentity, Instant } from "./ports.ts";

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

/** What is different in an instance now. */
export interface Examination {
  readonly startedAt: Instant | null;
  /** It was made from something else than its labels say. */
  readonly foreign: string | null;
  /** What a client changed of its configuration since. */
  readonly configuration: readonly string[];
  /** Of the writable layer, what nothing declared explains; the hash is empty where the content cannot be read. */
  readonly changed: readonly { readonly path: string; readonly kind: "A" | "C" | "D"; readonly hash: string }[];
  readonly more: boolean;
  /** hosts, hostname, resolv.conf: path inside → hash of the content. */
  readonly files: Readonly<Record<string, string>>;
}

export interface Examining {
  readonly id: string;
  /** What its labels and its place say it should be called. */
  readonly name: string;
  /** The one its labels name; null: it was lost with a home, and nothing is compared. */
  readonly revision: Revision | null;
  /** Something was heard of it since the last time: ask the engine again. */
  readonly anew: boolean;
}

export interface Forensics {
  /** By the engine's id. null: it is gone, or no instance of this installation. */
  watched(id: string): Promise<WatchedInstance | null>;
  /** Ids of every container of this installation, whatever its role. */
  ownContainers(): Promise<ReadonlySet<string>>;
  /** null: it does not run. Bounded in paths, bytes and time, however much has changed. */
  examine(what: Examining): Promise<Examination | null>;
  /** The changed paths of the writable layer as a tar, in the form the engine keeps them. Raises INS3021, INS3022. */
  exportLayer(id: string): Promise<NodeJS.ReadableStream>;
  /** What the engine still knows of what happened: whether its memory is full, and its oldest event. */
  memory(): Promise<{ readonly full: boolean; readonly oldest: Instant | null }>;
}
