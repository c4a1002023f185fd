import { InstarError } from "../../errors.ts";
import { suggest } from "../../lib/suggest.ts";
import { mergeTrees, withoutResets } from "../merge.ts";
import { isServiceName, serviceName } from "../names.ts";
import { type Entry, fail, isNull, type MapNode } from "../node.ts";
import { mapping } from "../values.ts";
import { parseDocuments } from "../yaml.ts";
import { withPlainDollars } from "./dollars.ts";
import type { Draft } from "./draft.ts";
import { OLDER_NAMES, TUTUM_KEYS } from "./keys.ts";
import { madeMap } from "./made.ts";
import type { OldKey, OldService, OldStack } from "./types.ts";

/** Compose keys that stackfiles never had; their files say so. */
const NEVER: Readonly<Record<string, string>> = {
  build: "stackfiles had images only: take it out here, and write build: into the new file",
  external_links: "stackfiles had none: a link to another stack is links: [SERVICE.STACK:ALIAS]",
  env_file: "stackfiles had none: take it out here, and write env_file: into the new file",
};

/** The files as one map of services, later ones merged over earlier ones as Compose merges. Raises INS1001, INS1002, INS1004, INS1012, INS1200. */
export function readOldFiles(files: readonly string[], readFile: (path: string) => string | null): MapNode {
  const trees = files.flatMap((file) => {
    const text = readFile(file);
    if (text === null) throw new InstarError("INS1001", `${file} does not exist`, { hint: "name it with -f" });
    const documents = parseDocuments(file, text);
    if (documents.length === 0) throw new InstarError("INS1004", "the file is empty", { at: { file, line: 1, column: 1 }, hint: FORM });
    return documents.map((tree) => (tree.kind === "map" ? tree : fail("INS1004", tree, "an old stackfile is a mapping", FORM)));
  });
  for (const tree of trees) refuseCompose(tree);
  const [first, ...later] = trees.map((tree) => madeMap(tree, { services: tree }));
  if (first === undefined) throw new InstarError("INS1001", "no file is named");
  const merged = later.reduce(mergeTrees, withoutResets(first)).entries.get("services")?.value;
  return mapping(merged ?? first);
}

const FORM = "write a service's name, and under it image: and its other keys";

/** Who gives a Compose file needs no import. */
function refuseCompose(root: MapNode): void {
  const [services, version] = [root.entries.get("services"), root.entries.get("version")];
  const isCompose = services?.value.kind === "map" && [...services.value.entries.values()].every(({ value }) => value.kind === "map");
  if (isCompose || version?.value.kind === "scalar")
    fail("INS1200", { path: "", at: (services ?? version)?.at ?? root.at }, "this is a Compose file already");
}

/**
 * Every service with its keys checked: each is known (INS1003) and of its form (INS1004), and `image` is there. Keys that say nothing, and
 * dollar signs that Compose could not read, are noted.
 */
export function readOldStack(root: MapNode, draft: Draft): OldStack {
  return new Map([...root.entries.values()].map((entry): [string, OldService] => [entry.key, readService(entry, draft)]));
}

function readService({ key: name, at, value }: Entry, draft: Draft): OldService {
  if (!isServiceName(name)) serviceName(name, { path: name, at });
  const keys = new Map<string, OldKey>();
  for (const entry of mapping(value).entries.values()) {
    const key = todays(name, entry);
    if (isNull(entry.value)) draft.note(entry, name, entry.key, null, "it says nothing");
    else if (keys.has(key))
      fail("INS1004", { path: `${name}.${entry.key}`, at: entry.at }, `${key} is given under its older name too`, "keep one of the two");
    else keys.set(key, { ...entry, key, written: entry.key, value: formed(name, key, entry, draft) });
  }
  if (!keys.has("image")) fail("INS1004", { path: name, at }, "needs the key image", FORM);
  return { name, at, keys };
}

function todays(service: string, { key, at }: Entry): string {
  if (Object.hasOwn(TUTUM_KEYS, key)) return key;
  const today = Object.hasOwn(OLDER_NAMES, key) ? OLDER_NAMES[key] : undefined;
  if (today !== undefined) return today;
  const near = suggest(key, Object.keys(TUTUM_KEYS));
  const never = Object.hasOwn(NEVER, key) ? NEVER[key] : undefined;
  return fail(
    "INS1003",
    { path: `${service}.${key}`, at },
    `unknown key ${JSON.stringify(key)}`,
    never ?? (near === null ? "docs/import.md lists the keys a stackfile had" : `did you mean ${near}?`),
  );
}

function formed(service: string, key: string, entry: Entry, draft: Draft): Entry["value"] {
  const value = withPlainDollars(entry.value);
  if (value !== entry.value)
    draft.note(entry, service, entry.key, key, "a dollar sign that names no variable is written $$ and stands for itself, as it did");
  const row = TUTUM_KEYS[key];
  return row === undefined ? value : row.form(value);
}
