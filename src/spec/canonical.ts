import { readEnvFiles } from "./environment.ts";
import { lookUp } from "./interpolate.ts";
import type { LoadedTree } from "./load.ts";
import { child, type MapNode, type Node } from "./node.ts";
import { service as writeService } from "./service-shape.ts";
import { asWritten, type Fields, flag, type Json, listOf, object, pairs, type Shape, sorted, text } from "./shapes.ts";
import { isActive } from "./stack.ts";

/** A Compose file in which nothing is left to choose. */
export type Document = Fields;

const NETWORK = object(
  {
    name: text,
    driver: text,
    driver_opts: pairs,
    ipam: object({
      driver: text,
      config: listOf(object({ subnet: text, gateway: text, ip_range: text, aux_addresses: pairs })),
      options: pairs,
    }),
    internal: flag,
    attachable: flag,
    labels: pairs,
    enable_ipv4: flag,
    enable_ipv6: flag,
  },
  ["enable_ipv4", "enable_ipv6"],
);
const VOLUME = object({ name: text, driver: text, driver_opts: pairs, labels: pairs });
const FILE = object({
  name: text,
  file: text,
  environment: text,
  content: text,
  labels: pairs,
  driver: text,
  driver_opts: pairs,
  template_driver: text,
});

const RESOURCES: readonly (readonly [section: string, shape: Shape])[] = [
  ["networks", NETWORK],
  ["volumes", VOLUME],
  ["secrets", FILE],
  ["configs", FILE],
];

/**
 * The resolved file as `docker compose config` prints it: long forms everywhere, absolute paths, the services of the active profiles
 * and what they use, `$` as `$$`. Read again it is the same stack. Env files are read into `environment` and are gone.
 * Raises INS1011 and what `parseDotenv` raises for an env file that cannot be read.
 */
export function composeDocument({ root, scene: heard, profiles }: LoadedTree): Document {
  // What there is to say about the file is said where its meaning is read.
  const scene = { ...heard, notices: [] };
  const all = child(root, "services");
  const active = all?.kind === "map" ? [...all.entries.values()].filter((entry) => isActive(scene, entry, profiles)) : [];
  const services = active.map(({ key, value }): [string, Fields] => [key, oneService(scene, value)]);
  const used = uses(services.map(([, service]) => service));
  const sections = RESOURCES.flatMap(([section, shape]): [string, Json][] => {
    const found = resources(root, section, shape, used.get(section) ?? new Set(), scene.stack);
    return found.length === 0 ? [] : [[section, sorted(found)]];
  });
  const rest = [...root.entries.values()]
    .filter(({ key }) => key === "models" || key.startsWith("x-"))
    .map(({ key, value }): [string, Json] => [key, (key.startsWith("x-") ? asWritten : object({}))(value) ?? null]);
  return dollars(Object.fromEntries([["name", scene.stack], ["services", sorted(services)], ...sections, ...rest])) as Document;
}

function oneService(scene: LoadedTree["scene"], node: Node): Fields {
  if (node.kind !== "map") return {};
  const filled = new Map(node.entries);
  filled.delete("env_file");
  filled.delete("label_file");
  const found = writeService({ ...node, entries: filled }) as Fields;
  const files = readEnvFiles(scene, node, "env_file");
  const environment = { ...Object.fromEntries(files), ...callers(scene, found["environment"]) };
  const labels = { ...Object.fromEntries(readEnvFiles(scene, node, "label_file")), ...(found["labels"] as Fields | undefined) };
  const build = found["build"] as Fields | undefined;
  const args = Object.entries(callers(scene, build?.["args"])).filter(([, value]) => value !== null);
  const networks = found["networks"] as Fields | undefined;
  const scale = found["scale"];
  const dependsOn = { ...implied(found), ...(found["depends_on"] as Fields | undefined) };
  const parts: readonly (readonly [string, Json | undefined])[] = [
    ["environment", filledOrNone(environment)],
    ["labels", filledOrNone(labels)],
    [
      "build",
      build &&
        sorted([
          ...Object.entries(build).filter(([key]) => key !== "args"),
          ...(args.length === 0 ? [] : [["args", sorted(args)] as const]),
        ]),
    ],
    [
      "deploy",
      found["deploy"] && scale !== undefined
        ? sorted(Object.entries({ ...(found["deploy"] as Fields), replicas: scale }))
        : found["deploy"],
    ],
    ["depends_on", filledOrNone(dependsOn)],
    ["networks", "network_mode" in found ? networks : Object.keys(networks ?? {}).length === 0 ? { default: null } : networks],
  ];
  const rest = Object.entries(found).filter(([key]) => !parts.some(([name]) => name === key));
  return sorted([...rest, ...parts.flatMap(([key, value]): [string, Json][] => (value === undefined ? [] : [[key, value]]))]);
}

const filledOrNone = (values: Fields): Fields | undefined =>
  Object.keys(values).length === 0 ? undefined : sorted(Object.entries(values));

/** A key alone takes the caller's value, and stays null without one. */
function callers(scene: LoadedTree["scene"], written: Json | undefined): Fields {
  return Object.fromEntries(
    Object.entries((written ?? {}) as Fields).map(([key, value]) => [key, value ?? lookUp(scene.environment, key) ?? null]),
  );
}

/** Who shares another service's volumes, network or processes, or links to it, depends on it (Compose's normalisation). */
function implied(service: Fields): Fields {
  const names = (key: string): readonly string[] => (Array.isArray(service[key]) ? service[key].map(String) : []);
  const shared = ["network_mode", "ipc", "pid", "uts", "cgroup"].flatMap((key) => {
    const value = service[key];
    return typeof value === "string" && value.startsWith("service:") ? [value.slice("service:".length)] : [];
  });
  const on = (list: readonly string[], restart: boolean): [string, Json][] =>
    list.map((name) => [name, { condition: "service_started", required: true, ...(restart ? { restart } : {}) }]);
  const from = names("volumes_from").filter((name) => !name.startsWith("container:"));
  return Object.fromEntries([
    ...on(
      from.map((name) => name.split(":")[0] ?? ""),
      false,
    ),
    ...on([...names("links").map((name) => name.split(":")[0] ?? ""), ...shared], true),
  ]);
}

function uses(services: readonly Fields[]): ReadonlyMap<string, ReadonlySet<string>> {
  const sources = (list: Json | undefined, of: (item: Fields) => boolean = () => true): string[] =>
    (Array.isArray(list) ? (list as readonly Fields[]) : [])
      .filter(of)
      .flatMap(({ source }) => (typeof source === "string" ? [source] : []));
  const all = (read: (service: Fields) => readonly string[]): Set<string> => new Set(services.flatMap(read));
  return new Map([
    ["networks", all(({ networks }) => Object.keys(networks ?? {}))],
    ["volumes", all(({ volumes }) => sources(volumes, ({ type }) => type === "volume"))],
    ["secrets", all(({ secrets, build }) => [...sources(secrets), ...sources((build as Fields | undefined)?.["secrets"])])],
    ["configs", all(({ configs }) => sources(configs))],
  ]);
}

function resources(root: MapNode, section: string, shape: Shape, used: ReadonlySet<string>, stack: string): [string, Json][] {
  const map = child(root, section);
  return [...used].flatMap((key): [string, Json][] => {
    const value = map?.kind === "map" ? map.entries.get(key)?.value : undefined;
    if (value === undefined && !(section === "networks" && key === "default")) return [];
    const node = value?.kind === "map" ? value : null;
    const external = node === null ? null : child(node, "external");
    const isExternal = external !== null && (external.kind === "map" || flag(external) === true);
    const older = external?.kind === "map" ? child(external, "name") : null;
    const entries = new Map(node?.entries);
    entries.delete("external");
    const found = (node === null ? {} : shape({ ...node, entries })) as Fields;
    const name = found["name"] ?? (older === null ? (isExternal ? key : `${stack}_${key}`) : (text(older) ?? key));
    return [[key, sorted(Object.entries({ ...found, name, ...(isExternal ? { external: true } : {}) }))]];
  });
}

/** A dollar sign stands for itself when the file is read again. */
function dollars(value: Json): Json {
  if (typeof value === "string") return value.replaceAll("$", "$$$$");
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(dollars);
  return Object.fromEntries(Object.entries(value as Fields).map(([key, inner]) => [key, dollars(inner)]));
}
