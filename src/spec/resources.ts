import { asMap } from "./deploy.ts";
import { objectName } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import type { NetworkSpec, VolumeSpec } from "./types.ts";
import { boolean, mapping, optional, pairs, record, text } from "./values.ts";

/** Top-level `networks:` and `volumes:`, and the labels of anything. */

export function readLabels(node: Node | null): Readonly<Record<string, string>> {
  const found = (node === null ? [] : pairs(node)).map(({ key, value, at }): [string, string] => {
    if (key === "" || /[\p{Cc}=]/u.test(key))
      return fail("INS1004", at, `${JSON.stringify(key.slice(0, 60))} cannot be the name of a label`);
    if (key.startsWith("dev.instar.") || key.startsWith("com.docker.compose."))
      return fail(
        "INS1004",
        at,
        `labels that begin with ${key.startsWith("dev") ? "dev.instar." : "com.docker.compose."} belong to the tool that sets them`,
        "rename the label",
      );
    return [key, value ?? ""];
  });
  return record(found);
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
  if (external && map !== null) refuseBeside(map, ["internal"]);
  const driver = optional(map, "driver", text, "");
  if (map !== null && !["", "bridge", "default"].includes(driver))
    fail(
      "INS1006",
      child(map, "driver") ?? map,
      `networks with the driver ${JSON.stringify(driver)} are not supported`,
      "leave the driver out, or join an external network",
    );
  return {
    name,
    external,
    internal: optional(map, "internal", boolean, false),
    labels: readLabels(map === null ? null : child(map, "labels")),
  };
}

export function readVolume(stack: string, key: string, node: Node | null): VolumeSpec {
  const map = node === null ? null : mapping(node);
  const { name, external } = readExternal(stack, key, map, "volume");
  if (external && map !== null) refuseBeside(map, ["driver", "driver_opts", "labels"]);
  const options = map === null ? null : child(map, "driver_opts");
  return {
    name,
    external,
    driver: optional(map, "driver", text, "") || "local",
    driverOpts: record(options === null ? [] : pairs(options).map(({ key: option, value }): [string, string] => [option, value ?? ""])),
    labels: readLabels(map === null ? null : child(map, "labels")),
    shared: optional(asMap(map, "x-instar"), "shared", boolean, null),
  };
}

/** What exists already is taken as it is: words about how to make it contradict `external`. */
function refuseBeside(map: MapNode, keys: readonly string[]): void {
  for (const key of keys) {
    const node = child(map, key);
    if (node !== null) fail("INS1004", node, `an external object exists already: ${key} cannot be chosen for it`, `remove ${key}`);
  }
}
