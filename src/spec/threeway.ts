import canonicalize from "canonicalize";
import { INSTANCE_KEYS } from "./identity.ts";
import type { ServiceSpec } from "./types.ts";

export interface Overrides {
  readonly image?: { readonly by: string };
  readonly replicas?: { readonly by: string };
}

/**
 * `up` compares the file with the file last applied, like `kubectl apply`: what a verb set since stays, unless the
 * file changed that very key or is told to win.
 * @param current the service as it is wanted now, verbs' changes included
 */
export function mergeUp(lastApplied: ServiceSpec | null, file: ServiceSpec, current: ServiceSpec, overrides: Overrides, forceFile: boolean): { spec: ServiceSpec; kept: string[] } {
  const kept: string[] = [];
  if (lastApplied === null || forceFile) return { spec: file, kept };
  let spec = file;
  if (overrides.image !== undefined && file.image === lastApplied.image && current.image !== file.image) {
    spec = { ...spec, image: current.image };
    kept.push(`image from ${overrides.image.by}`);
  }
  if (overrides.replicas !== undefined && file.replicas === lastApplied.replicas && current.replicas !== file.replicas) {
    spec = { ...spec, replicas: current.replicas };
    kept.push(`replicas from ${overrides.replicas.by}`);
  }
  return { spec, kept };
}

export interface Change {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
  /** Part of the instance hash: this change replaces instances. */
  readonly replaces: boolean;
}

const SECRET = /pass(word|wd)?|secret|token|key|credential|private/i;
const REPLACES: ReadonlySet<string> = new Set([...INSTANCE_KEYS, "image"]);

/** Key by key, dotted paths, sorted. Values that look secret are masked. */
export function diffSpecs(a: ServiceSpec, b: ServiceSpec): Change[] {
  const before = flatten(a);
  const after = flatten(b);
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => ({ path, before: shown(path, before.get(path)), after: shown(path, after.get(path)), replaces: REPLACES.has(path.split(".")[0] ?? "") }));
}

const shown = (path: string, value: string | undefined): string | null => (value === undefined ? null : SECRET.test(path) && path.startsWith("environment") ? "***" : value);

/** Objects by dotted path; lists and scalars as canonical text, strings as they are. */
function flatten(value: object, prefix = "", into = new Map<string, string>()): Map<string, string> {
  for (const [key, child] of Object.entries(value)) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (child !== null && typeof child === "object" && !Array.isArray(child)) flatten(child as object, path, into);
    else if (child !== null && child !== undefined) into.set(path, typeof child === "string" ? child : (canonicalize(child) ?? ""));
  }
  return into;
}
