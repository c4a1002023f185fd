import { dirname, resolve } from "node:path";
import { InstarError } from "../errors.ts";
import { asMap } from "./deploy.ts";
import { textNode } from "./forms.ts";
import { type Environment, lookUp } from "./interpolate.ts";
import { child, type Entry, fail, type MapNode, type Node, plain } from "./node.ts";
import type { Reading } from "./reading.ts";
import { absolutePaths } from "./relative.ts";
import { boolean, mapping, texts } from "./values.ts";
import { defaultEnvFile, withEnvFiles } from "./variables.ts";

/** Files that are read together, and what their relative paths and variables mean. */
export interface Layer {
  readonly files: readonly string[];
  readonly folder: string;
  readonly environment: Environment;
  /** The files that include this one, outermost first. */
  readonly trail: readonly string[];
}

type ReadLayer = (layer: Layer, where: Node) => MapNode;

const SECTIONS = ["services", "networks", "volumes", "secrets", "configs", "models"] as const;

/**
 * `include` of a file (Compose Specification, include): each entry is a stack of its own, with its own folder and `.env`, whose
 * services, networks, volumes, secrets and configs are copied in. Raises INS1019 (the same name with another content), INS1010
 * (circle), INS1006 (remote, or a group of its own), INS1011 (its env_file is missing), and what reading the files raises.
 */
export function applyInclude(reading: Reading, layer: Layer, file: string, tree: MapNode, readLayer: ReadLayer): MapNode {
  const list = tree.entries.get("include")?.value;
  if (list === undefined) return tree;
  const entries = new Map(tree.entries);
  entries.delete("include");
  let result: MapNode = { ...tree, entries };
  for (const item of list.kind === "list" && list.tag !== "reset" ? list.items : []) {
    const inner = innerLayer(reading, layer, file, item);
    const read = readLayer(inner, item);
    reading.spend(read, item);
    borrow(reading, read, layer.environment, inner.environment);
    const settled = settleVariables(read, layer.environment, inner.environment);
    const placed = absolutePaths(settled, inner.folder, lookUp(layer.environment, "HOME"));
    refuseGroup(result, placed);
    result = importAll(result, withOwnVerify(placed), inner.files[0] ?? "");
  }
  return result;
}

function innerLayer(reading: Reading, layer: Layer, file: string, item: Node): Layer {
  const map = item.kind === "map" ? mapping(item) : null;
  const at = (key: string) => (map === null ? null : child(map, key));
  const path = map === null ? item : (at("path") ?? fail("INS1004", item, "needs the key path"));
  const files = texts(path).map(({ value, node }) => {
    if (/^(https?|git|ssh|oci):\/\/|^git@/.test(value))
      fail("INS1006", node, "a file on the net is not supported", "keep a copy beside this one");
    return resolve(layer.folder, expand(value, layer.environment));
  });
  const first = files[0] ?? fail("INS1004", item, "names no file");
  const trail = [...layer.trail, file];
  const circle = trail.indexOf(first);
  if (circle >= 0)
    fail("INS1010", item, `files include each other: ${[...trail.slice(circle), first].join(" → ")}`, "remove one of the includes");
  const directory = at("project_directory");
  const folder = directory === null ? dirname(first) : resolve(layer.folder, ...texts(directory).map(({ value }) => value));
  const named = at("env_file");
  const envFiles =
    named === null ? defaultEnvFile(folder, reading.readFile) : texts(named).map(({ value }) => resolve(layer.folder, value));
  return { files, folder, environment: variables(reading, layer, envFiles, named ?? item), trail };
}

function variables(reading: Reading, layer: Layer, files: readonly string[], where: Node): Environment {
  try {
    return files.length === 0 ? layer.environment : withEnvFiles(layer.environment, files, reading.readFile);
  } catch (error) {
    if (error instanceof InstarError && error.code === "INS1011" && error.at === null) return fail("INS1011", where, error.message);
    throw error;
  }
}

/** A secret or config `{ environment: NAME }` of an included stack means that stack's variable, when the caller has none. */
function borrow(reading: Reading, root: MapNode, outer: Environment, inner: Environment): void {
  for (const section of ["secrets", "configs"]) {
    const map = child(root, section);
    for (const { value } of map?.kind === "map" ? map.entries.values() : []) {
      const named = value.kind === "map" ? child(value, "environment") : null;
      const name = named?.kind === "scalar" ? named.text : null;
      const found = name === null || lookUp(outer, name) !== undefined ? undefined : lookUp(inner, name);
      if (named === null || name === null || found === undefined) continue;
      if ((reading.borrowed.get(name) ?? found) !== found)
        fail("INS1004", named, `two included stacks give ${name} different values`, "rename one of the two variables");
      reading.borrowed.set(name, found);
    }
  }
}

/** `environment: [KEY]` means the included stack's variable; outside only the caller's are known. */
function settleVariables(root: MapNode, outer: Environment, inner: Environment): MapNode {
  const own = (key: string): string | undefined => (lookUp(outer, key) === undefined ? lookUp(inner, key) : undefined);
  const environment = (node: Node): Node => {
    if (node.kind === "list")
      return {
        ...node,
        items: node.items.map((item) => {
          const value = item.kind === "scalar" && !item.text.includes("=") ? own(item.text) : undefined;
          return value === undefined || item.kind !== "scalar" ? item : textNode(item, `${item.text}=${value}`);
        }),
      };
    if (node.kind !== "map") return node;
    const settled = [...node.entries].map(([key, entry]): [string, Entry] => {
      const value = entry.value.kind === "scalar" && entry.value.value === null ? own(key) : undefined;
      return [key, value === undefined ? entry : { ...entry, value: textNode(entry.value, value) }];
    });
    return { ...node, entries: new Map(settled) };
  };
  const services = root.entries.get("services");
  if (services?.value.kind !== "map") return root;
  const changed = [...services.value.entries].map(([name, entry]): [string, Entry] => {
    const written = entry.value.kind === "map" ? entry.value.entries.get("environment") : undefined;
    if (entry.value.kind !== "map" || written === undefined) return [name, entry];
    const entries = new Map(entry.value.entries).set("environment", { ...written, value: environment(written.value) });
    return [name, { ...entry, value: { ...entry.value, entries } }];
  });
  const value: MapNode = { ...services.value, entries: new Map(changed) };
  return { ...root, entries: new Map(root.entries).set("services", { ...services, value }) };
}

/** `atomic` is said of a whole stack: taken over it would bind the including stack's services too, and left out it would be lost. */
function refuseGroup(into: MapNode, from: MapNode): void {
  const [outer, inner] = [into, from].map((root) => asMap(root, "x-instar"));
  const atomic = inner == null ? null : child(inner, "atomic");
  if (atomic === null || !boolean(atomic) || (outer != null && child(outer, "atomic") !== null)) return;
  fail(
    "INS1006",
    atomic,
    "an included stack is no group of its own",
    "say in the including file whether it is one: x-instar: { atomic: true } there, which is for all of its services, or false",
  );
}

/** The included stack's `x-instar.verify` goes with its services: alone or included, the same images are verified with the same key. */
function withOwnVerify(root: MapNode): MapNode {
  const own = asMap(root, "x-instar");
  const verify = own?.entries.get("verify");
  const services = root.entries.get("services");
  if (own === null || verify === undefined || child(own, "verify") === null || services?.value.kind !== "map") return root;
  const changed = [...services.value.entries].map(([name, entry]): [string, Entry] => {
    const service = entry.value;
    const said = service.kind === "map" ? asMap(service, "x-instar") : null;
    if (service.kind !== "map" || (said !== null && child(said, "verify") !== null)) return [name, entry];
    const value: MapNode = { ...(said ?? own), entries: new Map(said?.entries ?? []).set("verify", verify) };
    const entries = new Map(service.entries).set("x-instar", { key: "x-instar", at: value.at, value });
    return [name, { ...entry, value: { ...service, entries } }];
  });
  const value: MapNode = { ...services.value, entries: new Map(changed) };
  return { ...root, entries: new Map(root.entries).set("services", { ...services, value }) };
}

function importAll(into: MapNode, from: MapNode, file: string): MapNode {
  const entries = new Map(into.entries);
  for (const section of SECTIONS) {
    const theirs = from.entries.get(section);
    if (theirs?.value.kind !== "map") continue;
    const ours = entries.get(section);
    const known = ours?.value.kind === "map" ? ours.value : { ...theirs.value, entries: new Map<string, Entry>() };
    const merged = new Map(known.entries);
    for (const [name, entry] of theirs.value.entries) {
      const conflict = merged.get(name);
      if (conflict === undefined || conflict.value.tag === "reset") merged.set(name, entry);
      else if (JSON.stringify(plain(conflict.value)) !== JSON.stringify(plain(entry.value)))
        fail(
          "INS1019",
          { path: `${section}.${name}`, at: conflict.at },
          `${file} has it too, on line ${entry.at.line}, with another content`,
          "rename one of the two; to change what is included, write an override file into its path: list",
        );
    }
    entries.set(section, { ...(ours ?? theirs), value: { ...known, entries: merged } });
  }
  return { ...into, entries };
}

const expand = (path: string, environment: Environment): string =>
  path.startsWith("~/") ? (lookUp(environment, "HOME") ?? "~") + path.slice(1) : path;
