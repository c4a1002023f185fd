import { isTarget, show } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import { hostPath } from "./paths.ts";
import { notice, type Scene } from "./scene.ts";
import type { MountSpec, TmpfsSpec } from "./types.ts";
import { boolean, byText, bytes, list, optional, text, texts } from "./values.ts";

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
  return {
    kind: bind ? "bind" : "volume",
    source: bind ? hostPath(scene, first, node) : first,
    target: target(second, node),
    readOnly: shortOptions(scene, options, node),
    createHostPath: bind,
  };
}

/** Whether `ro` is among them. */
function shortOptions(scene: Scene, options: string, node: Node): boolean {
  let readOnly = false;
  for (const option of options === "" ? [] : options.split(",")) {
    if (option === "ro") readOnly = true;
    else if (["cached", "delegated", "consistent"].includes(option))
      notice(scene, "ignored-key", node, `${option} means nothing on Linux and is ignored`);
    else if (option === "z" || option === "Z") notice(scene, "ignored-key", node, `the SELinux option ${option} is ignored`);
    else if (option !== "rw") fail("INS1006", node, `the mount option ${show(option)} is not supported`, "use ro or rw");
  }
  return readOnly;
}

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
    return { target: to, sizeBytes: optional(options, "size", bytes, null), mode: optional(options, "mode", mode, null) };
  }
  if (type === "volume") {
    const key = source === null ? null : text(source);
    if (key !== null && PATHLIKE.test(key))
      return fail("INS1004", source ?? node, `${show(key)} is a path, not a volume`, "write type: bind");
    return { kind: "volume", source: key, target: to, readOnly, createHostPath: false };
  }
  if (type !== "bind") return fail("INS1006", node, `mounts of type ${show(type)} are not supported`, "use volume, bind or tmpfs");
  if (source === null) return fail("INS1004", node, "a bind needs the key source");
  const bind = child(node, "bind");
  const createHostPath = optional(bind?.kind === "map" ? bind : null, "create_host_path", boolean, false);
  return { kind: "bind", source: hostPath(scene, text(source), source), target: to, readOnly, createHostPath };
}

function target(path: string, node: Node): string {
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
function mode(node: Node): number {
  const bits = node.kind === "scalar" && typeof node.value === "number" ? node.value : parseMode(text(node));
  return bits !== null && Number.isInteger(bits) && bits >= 0 && bits <= 0o7777
    ? bits
    : fail("INS1004", node, "this is not a file mode", "write it in octal: 0o1777");
}

const parseMode = (written: string): number | null =>
  /^(0o?)?[0-7]{1,5}$/.test(written) ? Number.parseInt(written.replace(/^0o?/, "") || "0", 8) : null;

/** `/run`, `/run:size=64m,mode=1777`. */
function readTmpfs(written: string, node: Node): TmpfsSpec {
  const colon = written.indexOf(":");
  const to = target(colon < 0 ? written : written.slice(0, colon), node);
  let sizeBytes: number | null = null;
  let bits: number | null = null;
  for (const option of colon < 0 ? [] : written.slice(colon + 1).split(",")) {
    const [key = "", value = ""] = option.split("=");
    if (key === "size") sizeBytes = bytes({ kind: "scalar", tag: null, at: node.at, path: node.path, value, text: value });
    else if (key === "mode")
      bits = parseMode(value) ?? fail("INS1004", node, `${show(value)} is not a file mode`, "write it in octal: mode=1777");
    else if (!["rw", "noexec", "nosuid", "nodev"].includes(key))
      fail("INS1006", node, `the tmpfs option ${show(option)} is not supported`, "use size and mode");
    // The engine's own defaults for a tmpfs: the words change nothing.
  }
  return { target: to, sizeBytes, mode: bits };
}
