import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { composeDocument } from "../../src/spec/canonical.ts";
import { readTextFile } from "../../src/spec/files.ts";
import { type LoadedTree, type LoadInput, loadTree } from "../../src/spec/load.ts";

/** The corpus: one folder per case, with the files, `case.json`, what Instar prints (`ours.json`) and what Compose prints (`theirs.json`). */

const FOLDER = fileURLToPath(new URL("corpus/", import.meta.url));
/** Compose 2.26 as script/setup --test unpacks it; without it only the recorded outputs are compared. */
const COMPOSE = fileURLToPath(new URL("../../.tools/compose/usr/libexec/docker/cli-plugins/docker-compose", import.meta.url));
const HOME = "/home/someone";

export interface Case {
  /** What it shows, with the specification's section. */
  readonly shows: string;
  readonly files?: readonly string[];
  readonly envFiles?: readonly string[];
  readonly profiles?: readonly string[];
  readonly stack?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly error?: { readonly code: string; readonly file?: string; readonly line: number; readonly column: number; readonly says: string };
  /** Path in the document (or `refused`, `accepted`: only Compose does that) → why it differs there. */
  readonly differences?: Readonly<Record<string, string>>;
}

export const folderOf = (name: string): string => join(FOLDER, name);
export const cases: readonly string[] = readdirSync(FOLDER).sort();

const json = (name: string, file: string): unknown => JSON.parse(readFileSync(join(FOLDER, name, file), "utf8"));
export const readCase = (name: string): Case => json(name, "case.json") as Case;
export const recorded = (name: string, file: "ours.json" | "theirs.json"): unknown => json(name, file);
export const record = (name: string, file: "ours.json" | "theirs.json", value: unknown): void =>
  writeFileSync(join(FOLDER, name, file), `${JSON.stringify(value, null, 1)}\n`);
export const composeIsThere = existsSync(COMPOSE);

export function inputOf(name: string): LoadInput {
  const { files = [], envFiles = [], profiles = [], stack, env = {} } = readCase(name);
  return {
    files,
    envFiles,
    profiles,
    ...(stack === undefined ? {} : { stack }),
    cwd: join(FOLDER, name),
    env: { HOME, ...env },
    readFile: readTextFile,
  };
}

export const tree = (name: string): LoadedTree => loadTree(inputOf(name));

/** What `instar config` prints, the case's folder called `/corpus`. */
export const ours = (name: string): unknown => placeless(name, composeDocument(tree(name)));

/** What `docker compose config` prints, or why it refuses, the case's folder called `/corpus`. */
export function theirs(name: string): unknown {
  const { files = [], envFiles = [], profiles = [], stack, env = {} } = readCase(name);
  const words = [
    ...files.flatMap((file) => ["-f", file]),
    ...envFiles.flatMap((file) => ["--env-file", file]),
    ...profiles.flatMap((profile) => ["--profile", profile]),
    ...(stack === undefined ? [] : ["-p", stack]),
  ];
  const run = spawnSync(COMPOSE, [...words, "config", "--format", "json"], {
    cwd: join(FOLDER, name),
    env: { HOME, ...env },
    encoding: "utf8",
  });
  if (run.error !== undefined) throw run.error;
  const said = run.stderr.trim().split("\n").at(-1) ?? "";
  return run.status === 0 ? placeless(name, JSON.parse(run.stdout)) : { refused: placeless(name, said) };
}

const placeless = (name: string, value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll(join(FOLDER, name), "/corpus"));

/**
 * Paths at which two documents differ. What says nothing is left out of both, for Go's JSON spells it (`command: null`,
 * `ipam: {}`, `placement: {}`), and a mapping's order is none.
 */
export function differences(a: unknown, b: unknown, path = ""): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (Array.isArray(a) && Array.isArray(b))
    return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).flatMap((i) => differences(a[i], b[i], `${path}[${i}]`));
  if (isObject(a) && isObject(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
    return keys.flatMap((key) => {
      const [x, y] = [a[key], b[key]];
      return HOLLOW.has(key) && isHollow(x) && isHollow(y) ? [] : differences(x, y, path === "" ? key : `${path}.${key}`);
    });
  }
  return [path];
}

const HOLLOW = new Set(["command", "entrypoint", "ipam", "placement", "resources", "exec"]);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isHollow = (value: unknown): boolean =>
  value === undefined || value === null || (isObject(value) && Object.values(value).every((inner) => inner === null));
