import type { Environment } from "./interpolate.ts";
import type { Node } from "./node.ts";
import type { Notice, Position } from "./types.ts";

/** Everything the reading of one file's meaning needs besides the tree. */
export interface Scene {
  readonly stack: string;
  /** Absolute; relative paths in the file start here. */
  readonly projectDir: string;
  /** The process's environment over `.env`. */
  readonly environment: Environment;
  readonly notices: Notice[];
  /** Content, or null when there is no such file. */
  readonly readFile: (path: string) => string | null;
  /** Host ports and domains taken so far, for INS1009. */
  readonly claims: Claim[];
}

export interface Claim {
  readonly what: string;
  readonly service: string;
  readonly at: Position;
}

export function notice(scene: Scene, code: string, where: { readonly path: string; readonly at: Position }, message: string): void {
  scene.notices.push({ code, message: `${where.path}: ${message}`, at: where.at });
}

/** `~`, relative and absolute host paths → absolute, without `.` and `..`. */
export type PathOf = (node: Node) => string;
