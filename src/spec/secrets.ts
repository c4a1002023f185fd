import { asMap } from "./deploy.ts";
import { lookUp } from "./interpolate.ts";
import { fileMode, target } from "./mounts.ts";
import { objectName, show } from "./names.ts";
import { child, type Entry, fail, type MapNode, type Node } from "./node.ts";
import { hostPath } from "./paths.ts";
import { notice, type Scene } from "./scene.ts";
import type { FileSpec } from "./types.ts";
import { boolean, byText, integer, list, mapping, optional, text } from "./values.ts";

/** A secret or config as the file declares it. Its content is no part of the spec: who has the files sends it beside. */
export interface DeclaredFile {
  readonly entry: Entry;
  /** The name under which the daemon's host has it; null: `content` says where it is. */
  readonly external: string | null;
  readonly content: ContentSource | null;
}

/** Where a content is to be read, and what the file says about it. */
export interface ContentSource {
  readonly from: { readonly kind: "file"; readonly path: string } | { readonly kind: "text"; readonly text: string };
  /** `secrets.password` and its place, for messages. */
  readonly where: Pick<Node, "at" | "path">;
}

export type FileKind = FileSpec["kind"];
export type DeclaredFiles = ReadonlyMap<string, DeclaredFile>;

/** `secret:password`: how contents are named on their way to the daemon. */
export const contentName = (kind: FileKind, key: string): string => `${kind}:${key}`;

const KINDS = [
  ["secret", "secrets", "/run/secrets/"],
  ["config", "configs", "/"],
] as const;

/** Top-level `secrets` and `configs`. Raises INS1004, INS1005 for an unset variable, INS1007. */
export function readFiles(scene: Scene, root: MapNode): DeclaredFiles {
  const found = new Map<string, DeclaredFile>();
  for (const [kind, plural] of KINDS) {
    for (const [key, entry] of asMap(root, plural)?.entries ?? []) {
      objectName(key, kind, { path: entry.value.path, at: entry.at });
      found.set(contentName(kind, key), readFile(scene, key, entry));
    }
  }
  return found;
}

function readFile(scene: Scene, key: string, entry: Entry): DeclaredFile {
  const map = mapping(entry.value);
  const external = child(map, "external");
  const outside = external !== null && (external.kind === "map" || boolean(external));
  const sources = ["file", "environment", "content"].flatMap((name) => child(map, name) ?? []);
  if (sources.length + (outside ? 1 : 0) !== 1)
    return fail("INS1004", { path: map.path, at: entry.at }, "needs exactly one of file, environment, content and external");
  if (outside) {
    const written = child(map, "name") ?? (external.kind === "map" ? child(external, "name") : null);
    return { entry, external: objectName(written === null ? key : text(written), "file", written ?? map), content: null };
  }
  const [node = map] = sources;
  return { entry, external: null, content: { from: sourceOf(scene, map, node), where: { path: map.path, at: node.at } } };
}

function sourceOf(scene: Scene, map: MapNode, node: Node): ContentSource["from"] {
  if (child(map, "file") !== null) return { kind: "file", path: hostPath(scene, text(node), node) };
  if (child(map, "content") !== null) return { kind: "text", text: text(node) };
  const value = lookUp(scene.environment, text(node));
  return value === undefined
    ? fail("INS1005", node, `the variable ${text(node)} is not set`, "set it in the environment or in .env")
    : { kind: "text", text: value };
}

/** What a service mounts of them, in short and long form, sorted by target. Raises INS1004, INS1008. */
export function readFileMounts(service: MapNode, declared: DeclaredFiles, taken: ReadonlySet<string>): readonly FileSpec[] {
  const found = new Map<string, FileSpec>();
  for (const [kind, plural, folder] of KINDS) {
    const node = child(service, plural);
    for (const item of node === null ? [] : list(node).items) {
      const file = readMount(kind, folder, item, declared);
      if (found.has(file.target) || taken.has(file.target)) fail("INS1004", item, `${file.target} is mounted twice`);
      found.set(file.target, file);
    }
  }
  return [...found.values()].sort((a, b) => byText(a.target, b.target));
}

function readMount(kind: FileKind, folder: string, item: Node, declared: DeclaredFiles): FileSpec {
  const map = item.kind === "map" ? item : null;
  const source = map === null ? item : (child(map, "source") ?? fail("INS1004", map, "needs the key source"));
  const key = text(source);
  const file = declared.get(contentName(kind, key));
  if (file === undefined) return fail("INS1008", source, `the ${kind} ${show(key)} is not declared`, `add it under ${kind}s:`);
  const owner = (node: Node): number => integer(node, 0, 2 ** 31);
  const place = map === null ? null : child(map, "target");
  const written = place === null ? key : text(place);
  return {
    kind,
    key,
    external: file.external,
    target: target(written.startsWith("/") ? written : `${folder}${written}`, place ?? source),
    uid: optional(map, "uid", owner, null),
    gid: optional(map, "gid", owner, null),
    mode: optional(map, "mode", fileMode, null),
    version: null,
  };
}

/** What services use goes along; what none uses is named. */
export function gatherContents(scene: Scene, declared: DeclaredFiles, used: Iterable<FileSpec>): void {
  const names = new Set([...used].map(({ kind, key }) => contentName(kind, key)));
  for (const [name, { entry, content }] of declared) {
    const where = { path: entry.value.path, at: entry.at };
    if (!names.has(name)) notice(scene, "unused", where, `no service uses this ${name.split(":")[0]}: it is not made`);
    else if (content !== null) scene.contents.set(name, content);
  }
}
