import { objectName, show } from "./names.ts";
import { child, fail, type MapNode } from "./node.ts";
import { readDriverOptions } from "./resources.ts";
import type { AttachmentSpec, ServiceSpec } from "./types.ts";
import { byText, optional, record, texts } from "./values.ts";

/** `networks:` of a service, as a list or a mapping; `default` without. Raises INS1004, INS1007, INS1008. */
export function readNetworks(service: MapNode, declared: ReadonlySet<string>, mode: string | null): ServiceSpec["networks"] {
  const node = child(service, "networks");
  if (node !== null && child(service, "network_mode") !== null)
    return fail("INS1004", node, "networks and network_mode exclude each other", "keep one of the two");
  if (mode !== null) return {};
  if (node === null) return { default: { aliases: [] } };
  const entries =
    node.kind === "map"
      ? [...node.entries.values()].map(({ key, at, value }) => ({
          key,
          where: { path: value.path, at },
          map: value.kind === "map" ? value : null,
        }))
      : texts(node).map(({ value, node: item }) => ({ key: value, where: item, map: null }));
  const found = entries.map(({ key, where, map }): [string, AttachmentSpec] => {
    if (key !== "default" && !declared.has(key))
      return fail("INS1008", where, `the network ${show(key)} is not declared`, "add it under networks:");
    const aliases = optional(
      map,
      "aliases",
      (list) => texts(list).map(({ value, node: item }) => objectName(value, "network alias", item)),
      [],
    );
    const driverOpts = optional(map, "driver_opts", readDriverOptions, {});
    return [key, { aliases: [...new Set(aliases)].sort(byText), ...(Object.keys(driverOpts).length === 0 ? {} : { driverOpts }) }];
  });
  return found.length === 0 ? { default: { aliases: [] } } : record(found);
}
