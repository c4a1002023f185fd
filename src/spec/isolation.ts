import { isObjectName, show } from "./names.ts";
import { fail, type MapNode, type Node } from "./node.ts";
import { hostPath } from "./paths.ts";
import { notice, type Scene } from "./scene.ts";
import { boolean, byText, oneOf, optional, pairs, record, text, texts } from "./values.ts";

/** The walls between an instance and its host, and what else the engine is told about its process. */
export interface IsolationKeys {
  readonly privileged?: boolean;
  readonly securityOptions?: readonly string[];
  readonly groupAdd?: readonly string[];
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly ipc?: "private" | "shareable" | "host" | "none";
  readonly pid?: "host";
  readonly uts?: "host";
  readonly usernsMode?: "host";
  readonly cgroup?: "host" | "private";
  readonly cgroupParent?: string;
  readonly runtime?: string;
  readonly tty?: boolean;
  readonly stdinOpen?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  /** `os/architecture`, what the image must be made for. */
  readonly platform?: string;
}

type Said<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Raises INS1004; INS1006 for another container's namespace; INS1011 for a seccomp profile that cannot be read. */
export function readIsolation(scene: Scene, service: MapNode): Said<IsolationKeys> {
  return {
    privileged: optional(service, "privileged", (node) => privileged(scene, node), false) || undefined,
    securityOptions: optional(service, "security_opt", (node) => texts(node).map((item) => securityOption(scene, item)), undefined),
    groupAdd: optional(service, "group_add", readGroups, undefined),
    sysctls: optional(service, "sysctls", readPairs, undefined),
    ipc: optional(service, "ipc", (node) => mode(node, ["private", "shareable", "host", "none"]), undefined),
    pid: optional(service, "pid", (node) => mode(node, ["host"]), undefined),
    uts: optional(service, "uts", (node) => mode(node, ["host"]), undefined),
    usernsMode: optional(service, "userns_mode", (node) => mode(node, ["host"]), undefined),
    cgroup: optional(service, "cgroup", (node) => oneOf(node, ["host", "private"]), undefined),
    cgroupParent: optional(service, "cgroup_parent", (node) => word(node, /^[A-Za-z0-9/_.:@-]+$/), undefined),
    runtime: optional(service, "runtime", (node) => word(node, /^[A-Za-z0-9._/-]+$/), undefined),
    tty: optional(service, "tty", boolean, false) || undefined,
    stdinOpen: optional(service, "stdin_open", boolean, false) || undefined,
    annotations: optional(service, "annotations", readPairs, undefined),
    platform: optional(service, "platform", readPlatform, undefined),
  };
}

function privileged(scene: Scene, node: Node): boolean {
  const wanted = boolean(node);
  if (wanted) notice(scene, "privileged", node, "instances can do to the host whatever root can; cap_add or devices often suffice");
  return wanted;
}

/** Another container's namespace would end with that container. */
function mode<const T extends string>(node: Node, allowed: readonly T[]): T {
  const written = text(node);
  return /^(service|container):/.test(written)
    ? fail("INS1006", node, `${show(written)} is not supported: that container is replaced at the next deploy`, `use ${allowed.join(", ")}`)
    : oneOf(node, allowed);
}

function word(node: Node, form: RegExp): string {
  const written = text(node);
  return form.test(written) && written.length <= 255 ? written : fail("INS1004", node, `${show(written)} cannot be used`);
}

/** `no-new-privileges`, `label:disable`, `apparmor=…`; the profile behind `seccomp=` is read here, as the engine wants its text. */
function securityOption(scene: Scene, { value, node }: { readonly value: string; readonly node: Node }): string {
  const [, key = "", rest] = /^([a-z-]+)(?:[:=](.+))?$/s.exec(value) ?? [];
  if (!["no-new-privileges", "label", "apparmor", "seccomp", "systempaths", "credentialspec", "writable-cgroups"].includes(key))
    return fail("INS1004", node, `${show(value)} is not a security option`, "write it like no-new-privileges:true or seccomp=unconfined");
  if (key !== "seccomp" || rest === undefined) return rest === undefined ? key : `${key}=${rest}`;
  if (rest === "unconfined" || rest === "builtin") return `seccomp=${rest}`;
  const path = hostPath(scene, rest, node);
  const profile = scene.readFile(path) ?? fail("INS1011", node, `the seccomp profile ${path} does not exist`);
  try {
    return `seccomp=${JSON.stringify(JSON.parse(profile))}`;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail("INS1004", node, `the seccomp profile ${path} is not JSON: ${error.message}`);
  }
}

function readGroups(node: Node): readonly string[] {
  const groups = texts(node).map(({ value, node: item }) =>
    isObjectName(value) ? value : fail("INS1004", item, `${show(value)} is not a group`, "write its name or number"),
  );
  return [...new Set(groups)].sort(byText);
}

function readPairs(node: Node): Readonly<Record<string, string>> {
  return record(
    pairs(node).map(({ key, value, at }): [string, string] =>
      key === "" || key === "__proto__" ? fail("INS1004", at, "the name is missing") : [key, value ?? ""],
    ),
  );
}

/** `linux/amd64`, `linux/arm64/v8`; the variant is left to the engine. */
function readPlatform(node: Node): string {
  const written = text(node).toLowerCase();
  const [, os = "", architecture = ""] = /^([a-z0-9]+)\/([a-z0-9_]+)(\/[a-z0-9]+)?$/.exec(written) ?? [];
  if (os === "") return fail("INS1004", node, `${show(written)} is not a platform`, "write it like linux/amd64");
  return `${os}/${SAME[architecture] ?? architecture}`;
}

const SAME: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64", armhf: "arm" };
