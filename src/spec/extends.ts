import { dirname, resolve } from "node:path";
import { suggest } from "../lib/suggest.ts";
import { type Environment, lookUp } from "./interpolate.ts";
import { mergeServices, withoutResets } from "./merge.ts";
import { show } from "./names.ts";
import { type Entry, fail, type MapNode, type Node } from "./node.ts";
import type { Reading } from "./reading.ts";
import { relocatePaths } from "./relative.ts";
import { checkSchema } from "./schema.ts";
import { text } from "./values.ts";

/** Longer chains of `extends` are refused (INS1012). */
const MAX_CHAIN = 100;

/** A file whose services may extend each other. */
interface Home {
  readonly file: string;
  /** Where its relative paths start. */
  readonly folder: string;
  readonly services: MapNode;
  readonly resolved: Map<string, Node>;
}

interface Link {
  readonly home: Home;
  readonly name: string;
}

/**
 * `extends` of every service of a file (Compose Specification, services, extends): the extended service with the extending one merged
 * over it, everything carried along; a base from another file has its paths made absolute from that file's folder.
 * Raises INS1001 and INS1008 (no such file or service), INS1010 (circle), INS1006 (a remote file), INS1012, at the `extends` key.
 */
export function applyExtends(reading: Reading, file: string, folder: string, environment: Environment, tree: MapNode): MapNode {
  const section = tree.entries.get("services");
  if (section?.value.kind !== "map") return tree;
  const services = section.value;
  if (![...services.entries.values()].some(({ value }) => extendsOf(value) !== null)) return tree;
  const homes = new Map<string, Home>();
  const own: Home = { file, folder, services, resolved: new Map() };

  const baseHome = (home: Home, where: Node): Home => {
    const written = text(where);
    if (/^(https?|git|ssh|oci):\/\/|^git@/.test(written))
      fail("INS1006", where, "a file on the net is not supported", "keep a copy beside this one");
    const path = resolve(home.folder, expand(written, environment));
    const known = homes.get(path);
    if (known !== undefined) return known;
    const found = reading.filled(path, environment, where).map((document) => document.entries.get("services")?.value);
    const maps = found.filter((node): node is MapNode => node?.kind === "map");
    const entries = maps.flatMap((map) => [...map.entries]);
    const made: Home = {
      file: path,
      folder: dirname(path),
      services: { kind: "map", at: maps[0]?.at ?? where.at, path: "services", tag: null, entries: new Map(entries) },
      resolved: new Map(),
    };
    homes.set(path, made);
    return made;
  };

  const service = (home: Home, name: string, chain: readonly Link[]): Node => {
    const done = home.resolved.get(name);
    if (done !== undefined) return done;
    const node = home.services.entries.get(name)?.value as Node;
    const reference = extendsOf(node);
    if (node.kind !== "map" || reference === null) return node;
    if (chain.length >= MAX_CHAIN) fail("INS1012", reference.where, `extended over more than ${MAX_CHAIN} services`);
    const base = reference.file === null ? home : baseHome(home, reference.file);
    const links = [...chain, { home, name }];
    const circle = links.findIndex((link) => link.home.file === base.file && link.name === reference.service);
    if (circle >= 0)
      fail(
        "INS1010",
        reference.where,
        `services extend each other: ${[...links.slice(circle).map((link) => link.name), reference.service].join(" → ")}`,
        "remove one of the extends",
      );
    const entry = base.services.entries.get(reference.service);
    if (entry === undefined) noService(reference, base, home);
    if (base !== home && base !== own) checkBase(base, reference.service);
    const extended = service(base, reference.service, links);
    const relocated = base === home ? extended : relocate(extended, base.folder, lookUp(environment, "HOME"));
    reading.spend(relocated, reference.where);
    const merged = relocated.kind === "map" ? mergeServices(withoutResets(relocated), node) : node;
    const entries = new Map(merged.entries);
    entries.delete("extends");
    const result: MapNode = { ...merged, entries };
    home.resolved.set(name, result);
    return result;
  };

  const entries = [...services.entries].map(([name, entry]): [string, Entry] => [name, { ...entry, value: service(own, name, []) }]);
  const changed: Entry = { ...section, value: { ...services, entries: new Map(entries) } };
  return { ...tree, entries: new Map([...tree.entries, ["services", changed]]) };
}

interface Reference {
  readonly service: string;
  readonly file: Node | null;
  readonly where: Node;
}

function extendsOf(node: Node): Reference | null {
  const value = node.kind === "map" ? node.entries.get("extends")?.value : undefined;
  if (value === undefined || value.tag === "reset") return null;
  if (value.kind === "scalar") return value.value === null ? null : { service: text(value), file: null, where: value };
  if (value.kind !== "map") return null;
  const name = value.entries.get("service")?.value;
  const file = value.entries.get("file")?.value;
  if (name === undefined) return null;
  return { service: text(name), file: file === undefined || (file.kind === "scalar" && file.value === null) ? null : file, where: name };
}

function noService(reference: Reference, base: Home, home: Home): never {
  const near = suggest(reference.service, [...base.services.entries.keys()]);
  const where = base === home ? "" : ` in ${base.file}`;
  return fail(
    "INS1008",
    reference.where,
    `there is no service ${show(reference.service)}${where}`,
    near === null ? "extends takes services of the named file itself, not of those it includes" : `did you mean ${near}?`,
  );
}

/** Only the extended service must be right: the rest of its file is not used. */
function checkBase(base: Home, name: string): void {
  if (base.resolved.has(name)) return;
  const entry = base.services.entries.get(name);
  if (entry === undefined) return;
  const services: MapNode = { ...base.services, entries: new Map([[name, entry]]) };
  checkSchema(
    withoutResets({ ...services, path: "", entries: new Map([["services", { key: "services", at: services.at, value: services }]]) }),
  );
}

function relocate(service: Node, folder: string, home: string | undefined): Node {
  const at = service.at;
  const wrap = (key: string, value: Node): MapNode => ({
    kind: "map",
    at,
    path: "",
    tag: null,
    entries: new Map([[key, { key, at, value }]]),
  });
  const moved = relocatePaths(wrap("services", wrap("x", service)), folder, home).entries.get("services")?.value;
  return (moved?.kind === "map" ? moved.entries.get("x")?.value : undefined) ?? service;
}

const expand = (path: string, environment: Environment): string =>
  path.startsWith("~/") ? (lookUp(environment, "HOME") ?? "~") + path.slice(1) : path;
