import type { EtcTexts } from "../spec/context-etc.ts";
import type { ServiceKey } from "./control.ts";
import type { Instant } from "./ports.ts";

/** What was rendered last, and which of it each instance was told. */
export interface ContextRow extends ServiceKey {
  /** Of the context: sha256 over its target and templates. */
  readonly identity: string;
  /** sha256 over the rendered files. */
  readonly version: string;
  /** What the templates of hosts and resolv.conf said; absent where neither is managed. Who is made before the peers are known is told it. */
  readonly etc?: EtcTexts;
  /** Since when this version stands. */
  readonly at: Instant;
}

export interface ToldRow extends ServiceKey {
  /** The engine's id of the instance. */
  readonly id: string;
  readonly version: string;
}

export interface ContextRows {
  contexts(): Promise<readonly ContextRow[]>;
  putContext(row: ContextRow): Promise<void>;
  dropContext(row: Pick<ContextRow, "stack" | "service" | "identity">): Promise<void>;
  told(): Promise<readonly ToldRow[]>;
  putTold(row: ToldRow): Promise<void>;
  dropTold(id: string): Promise<void>;
}
