import { readExtraHosts } from "./hosts.ts";
import { readUlimits } from "./limits.ts";
import { show } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import { hostPath } from "./paths.ts";
import { readLabels } from "./resources.ts";
import { notice, type Scene } from "./scene.ts";
import type { BuildOptions, BuildSpec } from "./types.ts";
import { boolean, bytes, optional, pairs, record, text, texts } from "./values.ts";

/** `build:` in short and long form. Raises INS1004, INS1006. */
export function readBuild(scene: Scene, node: Node): BuildSpec {
  const map = node.kind === "map" ? node : null;
  const where = map === null ? node : (child(map, "context") ?? map);
  const context = where.kind === "scalar" ? text(where) : ".";
  if (/^(https?|git|ssh|git\+\w+):|^git@|^github\.com\/|\.git(#.*)?$/.test(context))
    return fail("INS1006", where, "a build context on the net is not supported", "clone it and name the folder");
  const dockerfile = optional(map, "dockerfile", text, "Dockerfile");
  const parts = dockerfile.split("/");
  if (dockerfile.startsWith("/") || parts.includes("..") || /\p{Cc}/u.test(dockerfile) || dockerfile === "") {
    return fail("INS1006", map ?? node, `the dockerfile ${show(dockerfile)} is outside the build context`, "move it into the context");
  }
  const args = map === null ? null : child(map, "args");
  const values = (args === null ? [] : pairs(args)).flatMap(({ key, value, at }): [string, string][] => {
    if (key === "" || key === "__proto__") return fail("INS1004", at, "the name of a build argument is missing");
    const found = value ?? scene.environment[key];
    if (found === undefined) notice(scene, "unset-variable", at, `the variable ${key} is not set: the build does not get it`);
    return found === undefined ? [] : [[key, found]];
  });
  const options = map === null ? {} : readOptions(map);
  return {
    context: hostPath(scene, context, where),
    dockerfile: parts.filter((part) => part !== "." && part !== "").join("/"),
    args: record(values),
    target: optional(map, "target", text, null),
    ...(Object.keys(options).length === 0 ? {} : { options }),
  };
}

function readOptions(map: MapNode): BuildOptions {
  const inline = child(map, "dockerfile_inline");
  if (inline !== null && child(map, "dockerfile") !== null)
    fail("INS1004", inline, "dockerfile and dockerfile_inline exclude each other", "keep one of the two");
  const labels = child(map, "labels");
  const said = {
    inline: inline === null ? undefined : text(inline),
    network: optional(map, "network", text, undefined),
    extraHosts: optional(map, "extra_hosts", readExtraHosts, undefined),
    shmSizeBytes: optional(map, "shm_size", bytes, undefined),
    labels: labels === null ? undefined : readLabels(labels),
    ulimits: optional(map, "ulimits", readUlimits, undefined),
    cacheFrom: optional(map, "cache_from", (node) => texts(node).map(({ value }) => value), undefined),
    noCache: optional(map, "no_cache", boolean, false) || undefined,
    pull: optional(map, "pull", boolean, false) || undefined,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as BuildOptions;
}
