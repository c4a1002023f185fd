import { InstarError } from "../errors.ts";

/** The first member of every backup. A reader refuses a format it does not know. */
export const FORMAT = 1;
export const MANIFEST = "manifest.json";
/** The store's name in the home and in the archive. */
export const STORE = "instar.db";

export interface Member {
  /** Relative to the home, with `/`. */
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly format: number;
  /** The version of Instar that wrote it. */
  readonly instar: string;
  /** Names of the migrations the store has had, in order. */
  readonly schema: readonly string[];
  readonly installation: string;
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly members: readonly Member[];
}

/** Raises INS6010 for what is no manifest, or one of another format. */
export function readManifest(text: string, file: string): Manifest {
  const found = parsed(text, file);
  if (typeof found.format !== "number") throw noBackup(file, "its manifest has no format");
  if (found.format !== FORMAT)
    throw new InstarError("INS6010", `${file} has the format ${found.format}; this version reads format ${FORMAT}`, {
      hint: `restore it with Instar ${String(found.instar)}`,
    });
  const { members, schema, installation, date } = found;
  if (!Array.isArray(members) || !members.every(isMember)) throw noBackup(file, "its manifest lists no members");
  if (!Array.isArray(schema) || typeof installation !== "string" || installation === "" || typeof date !== "string")
    throw noBackup(file, "its manifest is not complete");
  const odd = members.find((member) => !isSafe(member.name));
  if (odd !== undefined) throw noBackup(file, `it has a member outside the home: ${JSON.stringify(odd.name)}`);
  if (!members.some((member) => member.name === STORE)) throw noBackup(file, "the store is not in it");
  return found as unknown as Manifest;
}

export const noBackup = (file: string, why: string, cause?: unknown): InstarError =>
  new InstarError("INS6010", `${file} cannot be restored: ${why}`, cause === undefined ? {} : { cause });

/** A plain path below the home: no archive may write anywhere else. */
const isSafe = (name: string): boolean =>
  name !== "" && !name.includes("\0") && !name.includes("\\") && name.split("/").every((part) => !["", ".", ".."].includes(part));

const isMember = (value: unknown): value is Member => {
  const { name, size, sha256 } = (value ?? {}) as Partial<Record<keyof Member, unknown>>;
  return typeof name === "string" && Number.isSafeInteger(size) && typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
};

function parsed(text: string, file: string): Partial<Record<keyof Manifest, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch (cause) {
    if (cause instanceof SyntaxError) throw noBackup(file, "its manifest is not JSON", cause);
    throw cause;
  }
}
