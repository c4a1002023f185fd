import { readNetworks } from "./attachments.ts";
import { readBuild } from "./build.ts";
import { readContainer } from "./container.ts";
import { asMap, readReplicas, readResources, readRollout } from "./deploy.ts";
import { readEnvironment } from "./environment.ts";
import { readHealthcheck, readRestart } from "./healthcheck.ts";
import { hardened } from "./immutable.ts";
import { readInstarKeys } from "./instar-keys.ts";
import { readMounts } from "./mounts.ts";
import { isHostname, isImage, isTarget, isUser, serviceName, show } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import { readExpose, readPorts } from "./ports.ts";
import { readServiceLabels } from "./resources.ts";
import { notice, type Scene } from "./scene.ts";
import { type DeclaredFiles, readFileMounts } from "./secrets.ts";
import type { DependencySpec, LoggingSpec, PortSpec, ServiceSpec } from "./types.ts";
import { boolean, byText, duration, mapping, optional, pairs, record, text, texts } from "./values.ts";
import { splitWords } from "./words.ts";

/** The keys under `volumes:` and `networks:`. */
export interface Declared {
  readonly volumes: ReadonlySet<string>;
  readonly networks: ReadonlySet<string>;
  readonly files: DeclaredFiles;
}

/** One entry of `services:` with every default explicit. Raises INS1004, INS1006, INS1007, INS1008, INS1011, INS1014 with positions. */
export function readService(scene: Scene, name: string, map: MapNode, declared: Declared): ServiceSpec {
  serviceName(name, map);
  const deploy = asMap(map, "deploy");
  const build = optional(map, "build", (node) => readBuild(scene, node), null);
  const ports = optional(map, "ports", (node) => readPorts(scene, name, node), []);
  const expose = optional(map, "expose", (node) => readExpose(scene, node), []);
  const healthcheck = optional(map, "healthcheck", (node) => readHealthcheck(mapping(node)), null);
  const own = readInstarKeys(scene, map, { name, ports, expose, healthcheck });
  const routed = own.domains.length > 0 || ports.some(({ mode }) => mode === "ingress");
  if (routed && name !== name.toLowerCase())
    fail("INS1007", map, `${show(name)} is routed, and the router knows lower-case names only`, `write it as ${name.toLowerCase()}`);
  const networkMode = optional(map, "network_mode", (node) => readNetworkMode(scene, node), null);
  const replicas = readReplicas(map, deploy);
  const container = readContainer(scene, map, deploy);
  refuseImpossible(map, networkMode, ports, replicas, routed);
  const spec: ServiceSpec = {
    image:
      optional(map, "image", readImage, null) ??
      (build === null
        ? fail("INS1004", map, "needs an image or a build", "add image: NAME or build: .")
        : `${scene.stack}-${name.toLowerCase()}`),
    build,
    pullPolicy: optional(map, "pull_policy", (node) => readPullPolicy(scene, node), "missing"),
    command: optional(map, "command", (node) => readCommand(scene, node), null),
    entrypoint: optional(map, "entrypoint", (node) => readCommand(scene, node), null),
    environment: readEnvironment(scene, map),
    user: optional(map, "user", (node) => checked(node, isUser, "a user"), null),
    workingDir: optional(map, "working_dir", (node) => checked(node, isTarget, "an absolute path inside the container"), null),
    hostname: optional(map, "hostname", (node) => checked(node, isHostname, "a host name"), null),
    labels: readServiceLabels(scene, map),
    ...readFilesystem(scene, map, declared),
    readOnly: optional(map, "read_only", boolean, false),
    capAdd: optional(map, "cap_add", readCapabilities, []),
    capDrop: optional(map, "cap_drop", readCapabilities, []),
    init: optional(map, "init", boolean, false),
    stopSignal: optional(map, "stop_signal", readSignal, null),
    stopGraceMs: optional(map, "stop_grace_period", duration, 10_000),
    logging: optional(map, "logging", (node) => readLogging(mapping(node)), null),
    resources: readResources(map, deploy),
    healthcheck,
    restart: readRestart(map, deploy) ?? { policy: routed ? "unless-stopped" : "no", maxAttempts: 0 },
    networks: readNetworks(map, declared.networks, networkMode),
    networkMode,
    ...(container === undefined ? {} : { container }),
    replicas,
    expose,
    ports,
    dependsOn: optional(map, "depends_on", readDependencies, {}),
    rollout: readRollout(deploy, "update_config"),
    rollback: readRollout(deploy, "rollback_config"),
    ...own,
  };
  return hardened(spec, map);
}

function readFilesystem(scene: Scene, map: MapNode, declared: Declared): Pick<ServiceSpec, "mounts" | "tmpfs" | "files"> {
  const found = readMounts(scene, map, declared.volumes);
  const files = readFileMounts(map, declared.files, new Set([...found.mounts, ...found.tmpfs].map(({ target }) => target)));
  return { ...found, ...(files.length === 0 ? {} : { files }) };
}

function checked(node: Node, test: (value: string) => boolean, what: string): string {
  const value = text(node);
  return test(value) ? value : fail("INS1004", node, `${show(value)} is not ${what}`);
}

const readImage = (node: Node): string => checked(node, isImage, "an image reference (registry.example/name:tag)");

function readPullPolicy(scene: Scene, node: Node): ServiceSpec["pullPolicy"] {
  const word = text(node);
  if (word === "always" || word === "never" || word === "missing") return word;
  // With `build` the image is made before any pull is thought of.
  if (word === "if_not_present" || word === "build") return "missing";
  if (/^(refresh|daily|weekly|every_\w+)$/.test(word)) {
    notice(scene, "pull-policy", node, "an image is not asked for again as time goes by: instar redeploy does that");
    return "missing";
  }
  return fail("INS1004", node, `the pull policy ${show(word)} is not known`, "use always, missing, never or build");
}

function readCommand(scene: Scene, node: Node): readonly string[] {
  if (node.kind === "list") return texts(node).map(({ value }) => value);
  const line = text(node);
  const split =
    splitWords(line) ??
    fail("INS1004", node, "the quotes or parentheses of this command do not match", 'write it as a list: ["sh", "-c", "…"]');
  if (split.cut !== null) {
    notice(
      scene,
      "command-cut",
      node,
      `no shell reads this command: as in Compose it ends before ${show(line.slice(split.cut, split.cut + 20))}; for a shell write ["sh", "-c", "…"]`,
    );
  }
  return split.words;
}

function readCapabilities(node: Node): readonly string[] {
  const names = texts(node).map(({ value, node: item }) => {
    const name = value.toUpperCase().replace(/^CAP_/, "");
    return /^[A-Z][A-Z_]{1,40}$/.test(name) ? name : fail("INS1004", item, `${show(value)} is not a capability`, "write it like NET_ADMIN");
  });
  return [...new Set(names)].sort(byText);
}

function readSignal(node: Node): string {
  const value = text(node);
  const name = /^\d+$/.test(value) ? value : value.toUpperCase().replace(/^(SIG)?/, "SIG");
  return /^SIG[A-Z][A-Z0-9+-]{1,12}$/.test(name) || (/^\d{1,2}$/.test(name) && Number(name) >= 1 && Number(name) <= 64)
    ? name
    : fail("INS1004", node, `${show(value)} is not a signal`, "write it like SIGTERM");
}

function readLogging(map: MapNode): LoggingSpec | null {
  const driver = optional(map, "driver", text, "");
  const options = child(map, "options");
  const values = (options === null ? [] : pairs(options)).map(({ key, value }): [string, string] => [key, value ?? ""]);
  if (driver !== "" && !/^[A-Za-z0-9][A-Za-z0-9_./:-]*$/.test(driver))
    return fail("INS1004", map, `${show(driver)} is not a logging driver`);
  return driver === "" && values.length === 0 ? null : { driver: driver || "json-file", options: record(values) };
}

/** null: a network of the stack. The engine's own bridge gives addresses that move, and the stack's network does all that it does. */
function readNetworkMode(scene: Scene, node: Node): "none" | "host" | null {
  const mode = text(node);
  if (mode === "none" || mode === "host") return mode;
  if (mode === "bridge" || mode === "default") {
    notice(scene, "network-mode", node, "the stack's default network is joined instead of the engine's own bridge");
    return null;
  }
  const why = /^(service|container):/.test(mode)
    ? "that container is replaced at the next deploy; put both on one network and use its name"
    : "use networks:, or the mode none or host";
  return fail("INS1006", node, `the network mode ${show(mode)} is not supported`, why);
}

function readDependencies(node: Node): Readonly<Record<string, DependencySpec>> {
  if (node.kind !== "map")
    return record(texts(node).map(({ value }): [string, DependencySpec] => [value, { condition: "service_started", required: true }]));
  return record(
    [...node.entries.values()].map(({ key, value }): [string, DependencySpec] => {
      const map = mapping(value);
      const condition = optional(map, "condition", text, "service_started") as DependencySpec["condition"];
      return [key, { condition, required: optional(map, "required", boolean, true) }];
    }),
  );
}

function refuseImpossible(map: MapNode, mode: string | null, ports: readonly PortSpec[], replicas: number, routed: boolean): void {
  const where = child(map, "ports") ?? map;
  if (mode !== null && ports.length > 0)
    fail(
      "INS1004",
      where,
      `with network_mode: ${mode} no port can be published`,
      mode === "host" ? "remove ports:, the host's own ports are used" : "remove one of the two",
    );
  if (mode === "none" && routed)
    fail("INS1004", map, "with network_mode: none nothing can be routed to it", "remove domains, or the network_mode");
  const fixed = ports.find((port) => port.mode === "host" && port.published !== null);
  if (fixed !== undefined && replicas > 1) {
    fail(
      "INS1004",
      where,
      `${replicas} instances cannot all bind the host port ${fixed.published}/${fixed.protocol}`,
      fixed.protocol === "udp" ? "UDP ports are bound by the engine itself: use one replica" : "remove mode: host, or use one replica",
    );
  }
}
