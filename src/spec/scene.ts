import type { Claim } from "./clash.ts";
import type { Environment } from "./interpolate.ts";
import type { ContentSource } from "./secrets.ts";
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
  readonly claims: PlacedClaim[];
  /** Contents of secrets and configs that services use. */
  readonly contents: Map<string, ContentSource>;
  /** How many more ports the file may name: a range of a few letters can stand for 65,535. */
  portsLeft: number;
}

export type PlacedClaim = Claim & { readonly at: Position };

export function notice(scene: Scene, code: string, where: { readonly path: string; readonly at: Position }, message: string): void {
  scene.notices.push({ code, message: `${where.path}: ${message}`, at: where.at });
}
