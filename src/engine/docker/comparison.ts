import { posix } from "node:path";
import type Docker from "dockerode";
import type { ConfigurationDifference } from "../../reconcile/drift-engine.ts";
import type { Blueprint, Limit } from "../../reconcile/ports.ts";
import { LABEL } from "./labels.ts";

export type Inspect = Docker.ContainerInspectInfo;
type Body = Docker.ContainerCreateOptions;
type Loose = Readonly<Record<string, unknown>>;

/** An image's own say in what a container of it is. */
export interface ImageConfig {
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly ExposedPorts?: Readonly<Record<string, unknown>> | null;
  readonly StopSignal?: string;
  readonly Healthcheck?: Loose | null;
}

/**
 * Key by key, where a container is otherwise than `body` makes it; `image` fills in what the body leaves open (moby, daemon/commit.go
 * `merge`). null: the image is gone, and what comes from it is not compared.
 */
export function compare(
  found: Inspect,
  body: Body,
  image: ImageConfig | null,
  blueprint: Blueprint,
  lacks: readonly Limit[],
): readonly ConfigurationDifference[] {
  const all: ConfigurationDifference[] = [];
  const say = (path: string, expected: unknown, is: unknown): void => {
    const [a, b] = [canonical(expected), canonical(is)];
    if (a !== b) all.push({ path, expected: shown(path, a), found: shown(path, b), changeable: isChangeable(path) });
  };
  say("Name", blueprint.name, found.Name.replace(/^\//, ""));
  if (image === null) say("Image", found.Image, null);
  else processKeys(found, body, image, say);
  // Without a name of its own it has its id, or the host's.
  const config = found.Config as unknown as Loose;
  if (body.Hostname !== undefined) say("Hostname", body.Hostname, config["Hostname"]);
  else if (blueprint.spec.networkMode !== "host" && blueprint.spec.container?.uts !== "host")
    say("Hostname", found.Id.slice(0, 12), config["Hostname"]);
  say("Domainname", body.Domainname, config["Domainname"]);
  say("Tty", body.Tty, config["Tty"]);
  say("OpenStdin", body.OpenStdin, config["OpenStdin"]);
  say("StopTimeout", body.StopTimeout, config["StopTimeout"]);
  hostKeys(found, body, blueprint, lacks, say);
  mounts(found, blueprint, say);
  networks(found, blueprint, say);
  return all;
}

type Say = (path: string, expected: unknown, is: unknown) => void;

/** What a client of the engine changes of a container without making another: `docker update`, `rename`, `network connect`. */
const UPDATED =
  /^(Name|Image|Networks\..*|HostConfig\.(Blkio.*|Cpu.*|Cpuset.*|Kernel.*|Memory.*|NanoCpus|PidsLimit|RestartPolicy|DeviceCgroupRules))$/;
const isChangeable = (path: string): boolean => UPDATED.test(path);

/** What may come from the image. */
function processKeys(found: Inspect, body: Body, image: ImageConfig, say: Say): void {
  const config = found.Config as unknown as Loose;
  eachKey("Env", envOf([...(image.Env ?? []), ...(body.Env ?? [])]), envOf(found.Config.Env ?? []), say);
  eachKey("Labels", labelsOf({ ...image.Labels, ...body.Labels }), labelsOf(found.Config.Labels ?? {}), say);
  const entrypoint = asList(body.Entrypoint);
  say("Entrypoint", entrypoint ?? image.Entrypoint, config["Entrypoint"]);
  say("Cmd", asList(body.Cmd) ?? (entrypoint === null || entrypoint.length === 0 ? image.Cmd : null), config["Cmd"]);
  say("User", body.User ?? image.User, config["User"]);
  say("WorkingDir", body.WorkingDir ?? image.WorkingDir, config["WorkingDir"]);
  say("StopSignal", signal(body.StopSignal ?? image.StopSignal), signal(config["StopSignal"]));
  say("ExposedPorts", keys({ ...image.ExposedPorts, ...body.ExposedPorts }), keys(config["ExposedPorts"]));
  say(
    "Healthcheck",
    healthcheck(body.Healthcheck as Loose | undefined, image.Healthcheck),
    healthcheck(config["Healthcheck"] as Loose | undefined, null),
  );
}

function eachKey(name: string, expected: Readonly<Record<string, string>>, found: Readonly<Record<string, string>>, say: Say): void {
  for (const key of [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort())
    say(`${name}.${key}`, expected[key], found[key]);
}

/** What the engine sets where a body says nothing; anything else it leaves empty. */
const DEFAULTS: Readonly<Record<string, readonly unknown[]>> = {
  IpcMode: ["private", "shareable"],
  CgroupnsMode: ["private", "host"],
  ShmSize: [67_108_864],
  Runtime: ["runc", "io.containerd.runc.v2"],
  ConsoleSize: [[0, 0]],
  // The engine's own words.
  MemorySwap: [-1],
  MemorySwappiness: [-1],
};
/** Lists that the engine hides from every instance; empty ones would be a privilege. */
const HIDDEN_PATHS: ReadonlySet<string> = new Set(["MaskedPaths", "ReadonlyPaths"]);

/** What the engine drops without a word where the kernel cannot keep it (`lacks.ts`); weights of disks besides. */
const DROPPED: Readonly<Record<Limit, readonly string[]>> = {
  memory: ["Memory", "MemoryReservation", "MemorySwap"],
  swap: ["MemorySwap"],
  swappiness: ["MemorySwappiness"],
  cpus: ["NanoCpus", "CpuPeriod", "CpuQuota"],
  cpu_shares: ["CpuShares"],
  cpuset: ["CpusetCpus"],
  pids: ["PidsLimit"],
  oom_kill_disable: ["OomKillDisable"],
};

function hostKeys(found: Inspect, body: Body, { spec }: Blueprint, lacks: readonly Limit[], say: Say): void {
  const is = found.HostConfig as unknown as Loose;
  const wanted = (body.HostConfig ?? {}) as unknown as Loose;
  for (const key of [...new Set([...Object.keys(is), ...Object.keys(wanted)])].sort()) {
    if (key === "Mounts") continue;
    const [expected, value] = [hostValue(key, wanted[key]), hostValue(key, is[key])];
    if (canonical(expected) === canonical(value)) continue;
    if (isEmpty(expected) && (DEFAULTS[key] ?? []).some((one) => canonical(one) === canonical(value))) continue;
    // As it was made before `always` became `unless-stopped`.
    if (key === "RestartPolicy" && value === "always" && spec.restart.policy === "always") continue;
    if (key === "MemorySwap" && value === 2 * Number(wanted["Memory"] ?? 0)) continue;
    if (HIDDEN_PATHS.has(key) && wanted[key] === undefined && (wanted["Privileged"] === true || !isEmpty(value))) continue;
    if (isEmpty(value) && (/^Blkio/.test(key) || lacks.some((limit) => DROPPED[limit].includes(key)))) continue;
    // The engine takes the confinement away itself from what shares the host's namespaces.
    const unconfined = wanted["Privileged"] === true || wanted["PidMode"] === "host" || wanted["IpcMode"] === "host";
    if (key === "SecurityOpt" && unconfined && canonical(value) === canonical(["label=disable"])) continue;
    say(`HostConfig.${key}`, expected, value);
  }
}

function hostValue(key: string, value: unknown): unknown {
  if ((key === "CapAdd" || key === "CapDrop") && Array.isArray(value)) return value.map((name) => String(name).replace(/^CAP_/, "")).sort();
  if (key === "RestartPolicy") {
    const { Name, MaximumRetryCount = 0 } = (value ?? {}) as { Name?: string; MaximumRetryCount?: number };
    return `${Name || "no"}${MaximumRetryCount === 0 ? "" : `:${MaximumRetryCount}`}`;
  }
  if (key === "Init") return value === true;
  if (key === "OomKillDisable") return value === true;
  return value;
}

/** As they are mounted, which the engine decides from HostConfig.Mounts, Binds and the image's volumes. */
function mounts(found: Inspect, { spec, files = [], volumeNames, slotVolumes }: Blueprint, say: Say): void {
  const expected: Record<string, string> = {};
  for (const { kind, source, target, readOnly } of spec.mounts) {
    const from = kind === "bind" ? clean(source ?? "") : source === null ? (slotVolumes[target] ?? "") : (volumeNames[source] ?? source);
    expected[clean(target)] = `${kind} ${from}${readOnly ? " read-only" : ""}`;
  }
  for (const { source, target } of files) expected[clean(target)] = `bind ${clean(source)} read-only`;
  const is: Record<string, string> = {};
  for (const { Type, Name, Source, Destination, RW } of found.Mounts)
    if (Type !== "tmpfs") is[Destination] = `${Type} ${Type === "volume" ? (Name ?? "") : Source}${RW ? "" : " read-only"}`;
  eachKey("Mounts", expected, is, say);
}

/** As the engine writes a path, whatever the file wrote. */
const clean = (path: string): string => posix.normalize(path).replace(/(.)\/$/, "$1");

function networks(found: Inspect, { networks: wanted, spec }: Blueprint, say: Say): void {
  const attachment = (address: string | null | undefined, aliases: readonly string[]): string =>
    [...(address == null || address === "" ? [] : [address]), ...[...aliases].sort()].join(" ") || "attached";
  const expected = Object.fromEntries(wanted.map(({ name, address, aliases }) => [name, attachment(address, aliases)]));
  // The engine adds the container's short id and its host name.
  const added = [found.Id.slice(0, 12), spec.hostname];
  const is: Record<string, string> = {};
  for (const [name, { IPAMConfig, Aliases }] of Object.entries(found.NetworkSettings.Networks) as [
    string,
    { IPAMConfig: { IPv4Address?: string } | null; Aliases: string[] | null },
  ][])
    is[name] = attachment(
      IPAMConfig?.IPv4Address,
      (Aliases ?? []).filter((alias) => !added.includes(alias)),
    );
  if (spec.networkMode !== null) delete is[spec.networkMode];
  eachKey("Networks", expected, is, say);
}

const envOf = (list: readonly string[]): Record<string, string> =>
  Object.fromEntries(list.map((line) => [line.split("=", 1)[0] ?? "", line.slice(line.indexOf("=") + 1)]));

/** What a service can be rebuilt from is written when an instance is made, and is older than what is known now. */
const labelsOf = ({ [LABEL.origin]: _origin, ...labels }: Record<string, string>): Record<string, string> => labels;

const asList = (value: string | readonly string[] | undefined): readonly string[] | null =>
  value === undefined ? null : typeof value === "string" ? [value] : value;

const keys = (of: unknown): readonly string[] => Object.keys((of ?? {}) as object).sort();

const signal = (name: unknown): string => (typeof name === "string" && name !== "" ? name.replace(/^SIG/, "") : "TERM");

/** Zero in a healthcheck means the image's own (moby, `merge`). */
function healthcheck(own: Loose | undefined, image: Loose | null | undefined): unknown {
  if (own === undefined || own === null) return image ?? null;
  const test = own["Test"] as readonly string[] | undefined;
  if (test?.[0] === "NONE" || image == null) return filled(own);
  return filled({ ...image, ...Object.fromEntries(Object.entries(own).filter(([, value]) => !isEmpty(value))) });
}

const filled = (of: Loose): Loose => Object.fromEntries(Object.entries(of).filter(([, value]) => !isEmpty(value)));

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  value === 0 ||
  value === false ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** Nothing, an empty list and zero are one: the engine writes each where it was told nothing. Key order means nothing. */
function canonical(value: unknown): string | null {
  if (isEmpty(value)) return null;
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner)
            .filter(([, one]) => !isEmpty(one))
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : inner,
  );
}

const SECRET = /pass|secret|token|key|credential|private|auth|dsn/i;

function shown(path: string, text: string | null): string | null {
  if (text === null) return null;
  if (/^(Env|Labels)\./.test(path) && SECRET.test(path)) return "(hidden)";
  const plain = text.startsWith('"') ? (JSON.parse(text) as string) : text;
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}
