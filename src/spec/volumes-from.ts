import { asMap } from "./deploy.ts";
import { show } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import type { MountSpec, ServiceSpec } from "./types.ts";
import { byText, texts } from "./values.ts";

type Services = Readonly<Record<string, ServiceSpec>>;

/**
 * `volumes_from: [SERVICE, SERVICE:ro]`: what the other service mounts by name or path is mounted here too; a mount of one's own wins.
 * Raises INS1006 for a container outside the file and for anonymous volumes, INS1008, INS1010 for a circle.
 */
export function readVolumesFrom(all: MapNode, services: Services): Services {
  const mountsOf = (name: string, via: readonly string[], where: Node): readonly MountSpec[] => {
    if (via.includes(name)) return fail("INS1010", where, [...via, name].join(" → "));
    const own = services[name]?.mounts ?? [];
    const taken = new Set([...own.map(({ target }) => target), ...(services[name]?.tmpfs ?? []).map(({ target }) => target)]);
    const found = [...own];
    for (const { value, node } of sources(all, name)) {
      const [source = "", mode = "rw"] = value.split(":");
      if (source === "container")
        return fail("INS1006", node, `${show(value)} is outside this file`, "declare its volumes as external ones and mount those");
      if (!Object.hasOwn(services, source)) return fail("INS1008", node, `there is no service ${show(source)}`);
      if (mode !== "rw" && mode !== "ro") return fail("INS1004", node, `${show(value)} has an unknown mode`, "use ro or rw");
      for (const mount of mountsOf(source, [...via, name], node)) {
        if (taken.has(mount.target)) continue;
        if (mount.source === null)
          return fail(
            "INS1006",
            node,
            `the volume of ${source} at ${mount.target} has no name to mount it by`,
            "give it one under volumes:",
          );
        taken.add(mount.target);
        found.push(mode === "ro" ? { ...mount, readOnly: true } : mount);
      }
    }
    return found.sort((a, b) => byText(a.target, b.target));
  };
  const changed = Object.entries(services).filter(([name]) => sources(all, name).length > 0);
  return {
    ...services,
    ...Object.fromEntries(changed.map(([name, service]) => [name, { ...service, mounts: mountsOf(name, [], all) }])),
  };
}

function sources(all: MapNode, name: string): { readonly value: string; readonly node: Node }[] {
  const map = asMap(all, name);
  const node = map === null ? null : child(map, "volumes_from");
  return node === null ? [] : texts(node);
}
