import type Docker from "dockerode";
import type { Revision, ServiceSpec } from "../../spec/types.ts";
import { LABEL } from "./labels.ts";
import { labelsOf } from "./observation.ts";

type Inspect = Docker.ContainerInspectInfo;

/** The part of an image's config that a container takes over. */
export interface ImageDefaults {
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly User?: string;
  readonly WorkingDir?: string;
}

export interface Comparison {
  /** It was made from something else than its labels say; null: it was not. */
  readonly foreign: string | null;
  /** What can be changed of a container that runs, and was. */
  readonly configuration: readonly string[];
}

/**
 * A container against the revision its labels name. What only create can set and is otherwise makes it foreign; what a client can
 * change later is a difference. `image` null: the image is gone, and what comes from it is not compared.
 */
export function compare(inspect: Inspect, revision: Revision, image: ImageDefaults | null, name: string): Comparison {
  const wrong = foreign(inspect, revision, image);
  return { foreign: wrong[0] ?? null, configuration: changeable(inspect, revision.spec, name) };
}

function foreign(inspect: Inspect, { spec, image: wanted, instanceHash, number }: Revision, image: ImageDefaults | null): string[] {
  const { Config, HostConfig } = inspect;
  const label = labelsOf(inspect)[LABEL.instance];
  const found: string[] = [];
  if (label !== instanceHash) found.push(`its label names the content ${short(label)}, revision ${number} is ${short(instanceHash)}`);
  if (!wanted.digests.includes(inspect.Image)) found.push(`it runs the image ${inspect.Image}, which is none of revision ${number}`);
  if (image !== null) found.push(...process(Config, spec, image).map((what) => `${what} is not that of revision ${number}`));
  if (HostConfig.ReadonlyRootfs !== spec.readOnly)
    found.push(`its root is ${spec.readOnly ? "writable" : "read-only"}, the revision's is not`);
  if ((HostConfig.Privileged ?? false) !== (spec.container?.privileged ?? false))
    found.push("it is privileged otherwise than its revision");
  if (!same(HostConfig.CapAdd ?? [], spec.capAdd) || !same(HostConfig.CapDrop ?? [], spec.capDrop))
    found.push("its capabilities are not its revision's");
  const targets = [...spec.mounts, ...(spec.files ?? [])].map(({ target }) => target);
  const mounted = inspect.Mounts.filter(({ Type }) => Type !== "tmpfs").map(({ Destination }) => Destination);
  const extra = mounted.find((path) => !targets.includes(path));
  const missing = targets.find((path) => !mounted.includes(path));
  if (extra !== undefined) found.push(`${extra} is mounted, of which revision ${number} knows nothing`);
  if (missing !== undefined) found.push(`${missing} of revision ${number} is not mounted`);
  return found;
}

/** What the process is started with. Names of variables only: their values may be secret. */
function process(config: Inspect["Config"], spec: ServiceSpec, image: ImageDefaults): string[] {
  const found: string[] = [];
  const wanted = new Map((image.Env ?? []).map(pair));
  for (const [key, value] of Object.entries(spec.environment)) wanted.set(key, value);
  const has = new Map((config.Env ?? []).map(pair));
  const differs = [...new Set([...wanted.keys(), ...has.keys()])].filter((key) => wanted.get(key) !== has.get(key)).sort();
  if (differs.length > 0) found.push(`the environment (${differs.join(", ")})`);
  const entrypoint = spec.entrypoint ?? image.Entrypoint ?? [];
  if (!same(list(config.Entrypoint), entrypoint, true)) found.push("the entrypoint");
  // An entrypoint of the file's own takes the image's command away (Compose spec, entrypoint).
  const command = spec.command ?? (spec.entrypoint === null ? (image.Cmd ?? []) : []);
  if (!same(config.Cmd ?? [], command, true)) found.push("the command");
  if ((config.User ?? "") !== (spec.user ?? image.User ?? "")) found.push("the user");
  if ((config.WorkingDir ?? "") !== (spec.workingDir ?? image.WorkingDir ?? "")) found.push("the working folder");
  return found;
}

const pair = (text: string): [string, string] => {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
};

const list = (value: string | readonly string[] | null | undefined): readonly string[] =>
  value == null ? [] : typeof value === "string" ? [value] : value;

/** Limits the kernel cannot keep are dropped by the engine without a word and read 0: no difference. */
function changeable({ HostConfig, NetworkSettings, Name, Config }: Inspect, { resources, restart }: ServiceSpec, name: string): string[] {
  const found: string[] = [];
  if (Name.replace(/^\//, "") !== name) found.push(`it is called ${Name.replace(/^\//, "")}, not ${name}`);
  const limits = [
    ["memory", HostConfig.Memory, resources.memoryBytes],
    ["memory reservation", HostConfig.MemoryReservation, resources.memoryReservationBytes],
    ["CPU limit", HostConfig.NanoCpus, resources.nanoCpus],
    ["process limit", HostConfig.PidsLimit, resources.pids],
  ] as const;
  for (const [what, has, wanted] of limits)
    if (has != null && has > 0 && has !== wanted) found.push(`the ${what} is ${has}, not ${wanted === 0 ? "unlimited" : wanted}`);
  const policy = HostConfig.RestartPolicy?.Name || "no";
  if (policy !== restart.policy) found.push(`the restart policy is ${policy}, not ${restart.policy}`);
  const networks = (Config.Labels?.[LABEL.networks] ?? "").split(",").filter((one) => one !== "");
  const attached = Object.keys(NetworkSettings.Networks).filter((one) => !["host", "none"].includes(one));
  for (const one of attached) if (!networks.includes(one)) found.push(`it is connected to ${one} too`);
  for (const one of networks) if (!attached.includes(one)) found.push(`it is not connected to ${one}`);
  return found;
}

const short = (hash: string | undefined): string => (hash ?? "nothing").slice(0, 12);

const same = (a: readonly string[], b: readonly string[], inOrder = false): boolean => {
  const [x, y] = inOrder ? [a, b] : [[...a].map(bare).sort(), [...b].map(bare).sort()];
  return x.length === y.length && x.every((one, index) => one === y[index]);
};

const bare = (capability: string): string => capability.replace(/^CAP_/, "");
