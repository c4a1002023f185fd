import { asMap } from "./deploy.ts";
import { target } from "./mounts.ts";
import { fail, type MapNode } from "./node.ts";
import type { ServiceSpec } from "./types.ts";
import { byText, oneOf, optional, texts } from "./values.ts";

type Own = Pick<ServiceSpec, "immutable" | "scratch">;

const NO_NEW_PRIVILEGES = "no-new-privileges";

/** `x-instar.immutable` and `x-instar.scratch`; what is the default is absent. Raises INS1004. */
export function readImmutable(service: MapNode): Own {
  const map = asMap(service, "x-instar");
  const policy = optional(map, "immutable", (node) => oneOf(node, ["enforce", "detect", "off"]), "detect");
  const paths = optional(map, "scratch", (node) => texts(node).map(({ value, node: item }) => target(value, item)), []);
  const scratch = [...new Set(paths)].sort(byText);
  return { ...(policy === "detect" ? {} : { immutable: policy }), ...(scratch.length === 0 ? {} : { scratch }) };
}

/**
 * Under `enforce` the root is read-only, scratch is memory, and nothing gains privileges: what reaches container create, so that going
 * from `detect` to `enforce` replaces the instances. A scratch path that is a mount already stays what it is.
 */
export function hardened(spec: ServiceSpec, service: MapNode): ServiceSpec {
  if (spec.immutable !== "enforce") return spec;
  const mounted = new Set([...spec.mounts, ...spec.tmpfs].map((mount) => mount.target));
  const added = (spec.scratch ?? []).filter((path) => !mounted.has(path));
  const options = spec.container?.securityOptions ?? [];
  const denied = options.find((option) => option === `${NO_NEW_PRIVILEGES}=false`);
  if (denied !== undefined)
    return fail("INS1004", service, "immutable: enforce and no-new-privileges:false exclude each other", "remove one of them");
  const known = options.some((option) => option.startsWith(NO_NEW_PRIVILEGES));
  return {
    ...spec,
    readOnly: true,
    tmpfs: [...spec.tmpfs, ...added.map((path) => ({ target: path, sizeBytes: null, mode: null }))].sort((a, b) =>
      byText(a.target, b.target),
    ),
    container: { ...spec.container, securityOptions: known ? options : [...options, NO_NEW_PRIVILEGES] },
  };
}
