import { asMap } from "./deploy.ts";
import { parseDotenv } from "./dotenv.ts";
import { readFreeze } from "./freeze.ts";
import { objectName } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import { hostPath } from "./paths.ts";
import type { Scene } from "./scene.ts";
import type { NetworkSpec, Position, VolumeSpec } from "./types.ts";
import { boolean, duration, integer, mapping, optional, pairs, record, text, texts } from "./values.ts";

/** Top-level `networks:` and `volumes:`, and the labels of anything. */

export function readLabels(node: Node | null): Readonly<Record<string, string>> {
  return record((node === null ? [] : pairs(node)).map(({ key, value, at }): [string, string] => [labelName(key, at), value ?? ""]));
}

export const readDriverOptions = (node: Node): Readonly<Record<string, string>> =>
  record(pairs(node).map(({ key, value }): [string, string] => [key, value ?? ""]));

/** `label_file` in its order, then `labels` over it. Raises INS1011 for a file that is not there. */
export function readServiceLabels(scene: Scene, service: MapNode): Readonly<Record<string, string>> {
  const files = child(service, "label_file");
  const found = (files === null ? [] : texts(files)).flatMap(({ value, node }) => {
    const path = hostPath(scene, value, node);
    const content = scene.readFile(path) ?? fail("INS1011", node, `${path} does not exist`);
    return [...parseDotenv(path, content, scene.environment)].map(([key, label]): [string, string] => [labelName(key, node), label]);
  });
  return record(Object.entries({ ...Object.fromEntries(found), ...readLabels(child(service, "labels")) }));
}

function labelName(key: string, at: { readonly path: string; readonly at: Position }): string {
  if (key === "" || /[\p{Cc}=]/u.test(key)) return fail("INS1004", at, `${JSON.stringify(key.slice(0, 60))} cannot be the name of a label`);
  return key.startsWith("dev.instar.") || key.startsWith("com.docker.compose.")
    ? fail(
        "INS1004",
        at,
        `labels that begin with ${key.startsWith("dev") ? "dev.instar." : "com.docker.compose."} belong to the tool that sets them`,
        "rename the label",
      )
    : key;
}

interface External {
  readonly external: boolean;
  /** The engine's name. */
  readonly name: string;
}

/** `external: true`, and its older form `external: { name: … }`. */
function readExternal(stack: string, key: string, map: MapNode | null, what: string): External {
  const node = map === null ? null : child(map, "external");
  const inner = node?.kind === "map" ? node : null;
  const external = inner !== null || (node !== null && boolean(node));
  const written = (map === null ? null : child(map, "name")) ?? (inner === null ? null : child(inner, "name"));
  const name = written === null ? (external ? key : `${stack}_${key}`) : text(written);
  const where = written ?? map;
  return { external, name: where === null ? name : objectName(name, what, where) };
}

export function readNetwork(stack: string, key: string, node: Node | null): NetworkSpec {
  const map = node === null ? null : mapping(node);
  const { name, external } = readExternal(stack, key, map, "network");
  if (external && map !== null) refuseBeside(map, ["internal", "driver_opts"]);
  const driver = optional(map, "driver", text, "");
  if (map !== null && !["", "bridge", "default"].includes(driver))
    fail(
      "INS1006",
      child(map, "driver") ?? map,
      `networks with the driver ${JSON.stringify(driver)} are not supported`,
      "leave the driver out, or join an external network",
    );
  const driverOpts = optional(map, "driver_opts", readDriverOptions, {});
  return {
    name,
    external,
    internal: optional(map, "internal", boolean, false),
    labels: readLabels(map === null ? null : child(map, "labels")),
    ...(Object.keys(driverOpts).length === 0 ? {} : { driverOpts }),
  };
}

export function readVolume(stack: string, key: string, node: Node | null): VolumeSpec {
  const map = node === null ? null : mapping(node);
  const own = asMap(map, "x-instar");
  const { name, external } = readExternal(stack, key, map, "volume");
  if (external && map !== null) refuseBeside(map, ["driver", "driver_opts", "labels"]);
  return {
    name,
    external,
    driver: optional(map, "driver", text, "") || "local",
    driverOpts: optional(map, "driver_opts", readDriverOptions, {}),
    labels: readLabels(map === null ? null : child(map, "labels")),
    shared: optional(own, "shared", boolean, null),
    ...readSnapshot(own === null ? null : child(own, "snapshot")),
    ...readFreeze(own === null ? null : child(own, "freeze")),
  };
}

/** `before-deploy`, or a mapping that also says how many are kept, and for how long. Without a word: the newest five. */
function readSnapshot(node: Node | null): Pick<VolumeSpec, "snapshot"> {
  if (node === null) return {};
  const map = node.kind === "map" ? node : null;
  const when = map === null ? text(node) : optional(map, "when", text, "before-deploy");
  if (when !== "before-deploy")
    return fail("INS1004", node, `${JSON.stringify(when)} is no moment for a snapshot`, "write snapshot: before-deploy");
  const keep = optional(map, "keep", (value) => integer(value, 1, 10_000), null);
  const maxAgeMs = optional(map, "max_age", duration, null);
  return { snapshot: { keep: keep ?? (maxAgeMs === null ? KEPT : null), maxAgeMs } };
}

const KEPT = 5;

/** What exists already is taken as it is: words about how to make it contradict `external`. */
function refuseBeside(map: MapNode, keys: readonly string[]): void {
  for (const key of keys) {
    const node = child(map, key);
    if (node !== null) fail("INS1004", node, `an external object exists already: ${key} cannot be chosen for it`, `remove ${key}`);
  }
}
