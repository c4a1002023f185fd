import { child, type MapNode, type Node } from "./node.ts";
import type { ServiceSpec } from "./types.ts";
import { text } from "./values.ts";

/** Files of an instance's /etc that a context may hold: by their key, which is their name there. */
export const ETC_FILES = ["hosts", "resolv.conf"] as const;
export type EtcFile = (typeof ETC_FILES)[number];
/** By name; templates, or what they say. */
export type EtcTexts = Readonly<Partial<Record<EtcFile, string>>>;

export const etcTarget = (file: EtcFile): string => `/etc/${file}`;

/** In the order of ETC_FILES. */
export const etcEntries = (texts: EtcTexts): readonly (readonly [EtcFile, string])[] =>
  ETC_FILES.flatMap((file): [EtcFile, string][] => {
    const one = texts[file];
    return one === undefined ? [] : [[file, one]];
  });

/** undefined: neither is managed. Raises INS1004. */
export function readEtc(
  context: MapNode,
): { readonly templates: EtcTexts; readonly nodes: readonly (readonly [EtcFile, Node])[] } | undefined {
  const nodes = ETC_FILES.flatMap((file): [EtcFile, Node][] => {
    const node = child(context, file);
    return node === null ? [] : [[file, node]];
  });
  if (nodes.length === 0) return undefined;
  return { templates: Object.fromEntries(nodes.map(([file, node]) => [file, text(node)])), nodes };
}

/** Why this service's file cannot be managed; null when it can. */
export function faultOfEtc(file: EtcFile, spec: ServiceSpec): { readonly message: string; readonly hint: string } | null {
  const target = etcTarget(file);
  const other = [...spec.mounts, ...spec.tmpfs, ...(spec.files ?? [])].some((one) => plain(one.target) === target);
  if (other || (spec.context?.target !== undefined && plain(spec.context.target) === target))
    return { message: `${target} is mounted already`, hint: `take the mount at ${target} away, or ${file} out of the context` };
  if (spec.networkMode === "host")
    return {
      message: `on the host's network ${target} is the host's own`,
      hint: `take ${file} out of the context, or network_mode: host away`,
    };
  if (file !== "hosts") return null;
  if (spec.container?.uts === "host")
    return {
      message: "with uts: host an instance has the host's name, which its hosts file would have to hold",
      hint: "take hosts out of the context, or uts: host away",
    };
  return spec.container?.extraHosts?.some((line) => line.endsWith(":host-gateway")) === true
    ? { message: "only the engine knows what host-gateway is, and it does not write this file", hint: "write the address in extra_hosts" }
    : null;
}

const plain = (path: string): string => path.replace(/\/{2,}/g, "/").replace(/(.)\/$/, "$1");
