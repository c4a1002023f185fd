import { asMap } from "./deploy.ts";
import { isTarget, show } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import { hostPath } from "./paths.ts";
import { notice, type Scene } from "./scene.ts";
import type { MountSpec, Propagation, TmpfsSpec } from "./types.ts";
import { boolean, byText, bytes, list, oneOf, optional, text, texts } from "./values.ts";

export interface Mounts {
  readonly mounts: readonly MountSpec[];
  readonly tmpfs: readonly TmpfsSpec[];
}

/** `volumes:` in short and long form and `tmpfs:`, sorted by target. Volume keys must be declared (INS1008); a target is taken once (INS1004). */
export function readMounts(scene: Scene, service: MapNode, declared: ReadonlySet<string>): Mounts {
  const mounts = new Map<string, MountSpec>();
  const tmpfs = new Map<string, TmpfsSpec>();
  const volumes = child(service, "volumes");
  for (const item of volumes === null ? [] : list(volumes).items) {
    const found = item.kind === "map" ? long(scene, item) : short(scene, item);
    if (mounts.has(found.target) || tmpfs.has(found.target)) fail("INS1004", item, `${found.target} is mounted twice`);
    if (!("kind" in found)) {
      tmpfs.set(found.target, found);
      continue;
    }
    if (found.kind === "volume" && found.source !== null && !declared.has(found.source)) {
      fail(
        "INS1008",
        item,
        `the volume ${show(found.source)} is not declared`,
        `add it under volumes:, or write ./${found.source} if it is a folder`,
      );
    }
    mounts.set(found.target, found);
  }
  const scratch = child(service, "tmpfs");
  for (const { value, node } of scratch === null ? [] : texts(scratch)) {
    const found = readTmpfs(value, node);
    if (mounts.has(found.target) || tmpfs.has(found.target)) fail("INS1004", node, `${found.target} is mounted twice`);
    tmpfs.set(found.target, found);
  }
  return {
    mounts: [...mounts.values()].sort((a, b) => byText(a.target, b.target)),
    tmpfs: [...tmpfs.values()].sort((a, b) => byText(a.target, b.target)),
  };
}

const PATHLIKE = /^[./~]/;

function short(scene: Scene, node: Node): MountSpec {
  const parts = text(node).split(":");
  const [first = "", second, options = "", ...more] = parts;
  if (more.length > 0) return fail("INS1004", node, `${show(text(node))} has too many colons`, "write SOURCE:TARGET or SOURCE:TARGET:ro");
  if (second === undefined) return { kind: "volume", source: null, target: target(first, node), readOnly: false, createHostPath: false };
  const bind = PATHLIKE.test(first);
  if (first === "") return fail("INS1004", node, "the source is empty", "write SOURCE:TARGET, or TARGET alone for an anonymous volume");
  const { readOnly, ...rest } = shortOptions(scene, options, node, bind);
  return {
    kind: bind ? "bind" : "volume",
    source: bind ? hostPath(scene, first, node) : first,
    target: target(second, node),
    readOnly,
    createHostPath: bind,
    ...rest,
  };
}

type Options = { readOnly: boolean; propagation?: Propagation; noCopy?: boolean };

function shortOptions(scene: Scene, options: string, node: Node, bind: boolean): Options {
  const found: Options = { readOnly: false };
  for (const option of options === "" ? [] : options.split(",")) {
    const propagation = PROPAGATIONS.find((word) => word === option);
    if (option === "ro") found.readOnly = true;
    else if (option === "nocopy" && !bind) found.noCopy = true;
    else if (propagation !== undefined && bind) Object.assign(found, spread(propagation));
    else if (["cached", "delegated", "consistent"].includes(option))
      notice(scene, "ignored-key", node, `${option} means nothing on Linux and is ignored`);
    else if (option === "z" || option === "Z") notice(scene, "ignored-key", node, `the SELinux option ${option} is ignored`);
    else if (option !== "rw") fail("INS1006", node, `the mount option ${show(option)} is not supported`, "use ro or rw");
  }
  return found;
}

const PROPAGATIONS = ["private", "rprivate", "shared", "rshared", "slave", "rslave"] as const satisfies readonly Propagation[];

/** The engine's own default says nothing. */
const spread = (propagation: Propagation): { propagation?: Propagation } => (propagation === "rprivate" ? {} : { propagation });

function long(scene: Scene, node: MapNode): MountSpec | TmpfsSpec {
  const type = optional(node, "type", text, "");
  const where = child(node, "target") ?? fail("INS1004", node, "needs the key target");
  const to = target(text(where), where);
  const readOnly = optional(node, "read_only", boolean, false);
  const source = child(node, "source");
  if (type === "tmpfs") {
    if (source !== null) return fail("INS1004", source, "a tmpfs has no source");
    const map = child(node, "tmpfs");
    const options = map?.kind === "map" ? map : null;
    return { target: to, sizeBytes: optional(options, "size", bytes, null), mode: optional(options, "mode", fileMode, null) };
  }
  if (type === "volume") {
    const key = source === null ? null : text(source);
    if (key !== null && PATHLIKE.test(key))
      return fail("INS1004", source ?? node, `${show(key)} is a path, not a volume`, "write type: bind");
    return { kind: "volume", source: key, target: to, readOnly, createHostPath: false, ...volumeOptions(node) };
  }
  if (type !== "bind") return fail("INS1006", node, `mounts of type ${show(type)} are not supported`, "use volume, bind or tmpfs");
  if (source === null) return fail("INS1004", node, "a bind needs the key source");
  const bind = asMap(node, "bind");
  const createHostPath = optional(bind, "create_host_path", boolean, false);
  const propagation = optional(bind, "propagation", (value) => spread(oneOf(value, PROPAGATIONS)), {});
  return { kind: "bind", source: hostPath(scene, text(source), source), target: to, readOnly, createHostPath, ...propagation };
}

function volumeOptions(node: MapNode): { noCopy?: boolean; subpath?: string } {
  const map = asMap(node, "volume");
  const noCopy = optional(map, "nocopy", boolean, false);
  const subpath = optional(map, "subpath", readSubpath, null);
  return { ...(noCopy ? { noCopy } : {}), ...(subpath === null ? {} : { subpath }) };
}

function readSubpath(node: Node): string {
  const path = text(node);
  const inside = !path.startsWith("/") && !path.split("/").includes("..") && !/\p{Cc}/u.test(path) && path !== "";
  return inside
    ? path
    : fail("INS1004", node, `${show(path)} is not a folder inside the volume`, "write it without a leading slash and ..");
}

export function target(path: string, node: Node): string {
  if (!isTarget(path))
    return fail(
      "INS1004",
      node,
      `${show(path)} is not a path inside the container`,
      "write an absolute path without colons, commas and quotes",
    );
  const clean = `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
  if (clean === "/" || clean.split("/").includes("..")) return fail("INS1004", node, `${show(path)} cannot be mounted on`);
  return clean;
}

/** Octal where written so (`0o1777`, `01777` or the text "1777"). */
export function fileMode(node: Node): number {
  const bits = node.kind === "scalar" && typeof node.value === "number" ? node.value : parseMode(text(node));
  return bits !== null && Number.isInteger(bits) && bits >= 0 && bits <= 0o7777
    ? bits
    : fail("INS1004", node, "this is not a file mode", "write it in octal: 0o1777");
}

const parseMode = (written: string): number | null =>
  /^(0o?)?[0-7]{1,5}$/.test(written) ? Number.parseInt(written.replace(/^0o?/, "") || "0", 8) : null;

const TMPFS_OPTION = /^(exec|suid|dev|ro|sync|async|noatime|nodiratime|relatime|strictatime|(uid|gid|nr_inodes|nr_blocks)=\d+[kmg]?)$/;

/** `/run`, `/run:size=64m,mode=1777`. */
function readTmpfs(written: string, node: Node): TmpfsSpec {
  const colon = written.indexOf(":");
  const to = target(colon < 0 ? written : written.slice(0, colon), node);
  let sizeBytes: number | null = null;
  let bits: number | null = null;
  const options = new Set<string>();
  for (const option of colon < 0 ? [] : written.slice(colon + 1).split(",")) {
    const [key = "", value = ""] = option.split("=");
    if (key === "size") sizeBytes = bytes({ kind: "scalar", tag: null, at: node.at, path: node.path, value, text: value });
    else if (key === "mode")
      bits = parseMode(value) ?? fail("INS1004", node, `${show(value)} is not a file mode`, "write it in octal: mode=1777");
    else if (TMPFS_OPTION.test(option)) options.add(option);
    // The engine's own defaults for a tmpfs: the words change nothing.
    else if (!["rw", "noexec", "nosuid", "nodev"].includes(key))
      fail("INS1006", node, `the tmpfs option ${show(option)} is not supported`, "use size, mode, uid, gid, exec and the like");
  }
  return { target: to, sizeBytes, mode: bits, ...(options.size === 0 ? {} : { options: [...options].sort(byText) }) };
}
