import { show } from "../names.ts";
import { fail, type Node } from "../node.ts";
import type { Draft } from "./draft.ts";
import type { Translate } from "./keys.ts";
import { madeMap, madeScalar, madeText } from "./made.ts";
import { itemsOf, replicasOf } from "./old-service.ts";
import type { Surroundings } from "./surroundings.ts";
import type { OldService, OldStack } from "./types.ts";
import { covered, hasVariable, textOf, uncovered } from "./values.ts";

interface OldMount {
  readonly node: Node;
  /** null: a volume without a name. */
  readonly source: string | null;
  readonly target: string;
  readonly readOnly: boolean;
}

/** `CONTAINER`, `HOST:CONTAINER`, `HOST:CONTAINER:ro`. */
function readMount(node: Node): OldMount {
  const [first = "", second, mode = ""] = covered(textOf(node)).split(":").map(uncovered);
  return { node, source: second === undefined ? null : first, target: second ?? first, readOnly: mode.split(",").includes("ro") };
}

function readSource(node: Node): { readonly service: string; readonly readOnly: boolean } {
  const [service = "", mode = "rw"] = textOf(node).split(":");
  if (mode !== "rw" && mode !== "ro") return fail("INS1004", node, `${show(textOf(node))} has an unknown mode`, "use ro or rw");
  return { service, readOnly: mode === "ro" };
}

const isPath = (source: string): boolean => /^[./~]/.test(source) || hasVariable(source);

/**
 * `/var/lib/mysql` of db → `db-var-lib-mysql`, by `db /var/lib/mysql`; no two are alike. Only where one instance has it, or another
 * service mounts it too: several instances had a volume each.
 */
export function volumeNames(stack: OldStack): Map<string, string> {
  const services = [...stack.values()];
  const sources = new Set(services.flatMap(({ keys }) => itemsOf(keys.get("volumes_from")?.value).map((item) => readSource(item).service)));
  const mounts = services.flatMap((service) =>
    itemsOf(service.keys.get("volumes")?.value).map((item) => ({ service, ...readMount(item) })),
  );
  const taken = new Set(mounts.flatMap(({ source }) => (source === null ? [] : [source])));
  const names = new Map<string, string>();
  for (const { service, source, target } of mounts) {
    const alone = (replicasOf(service) ?? 2) <= 1 || sources.has(service.name);
    if (source !== null || !alone || hasVariable(target) || names.has(`${service.name} ${target}`)) continue;
    const base = `${service.name}-${target.replaceAll(/[^A-Za-z0-9]+/g, "-").replaceAll(/^-|-$/g, "") || "volume"}`.slice(0, 200);
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base}-${count}`;
    taken.add(name);
    names.set(`${service.name} ${target}`, name);
  }
  return names;
}

/** A service's own mounts, those without a name under the name they get. */
const mountsOf = ({ name, keys }: OldService, names: ReadonlyMap<string, string>): OldMount[] =>
  itemsOf(keys.get("volumes")?.value)
    .map(readMount)
    .map((mount) => ({ ...mount, source: mount.source ?? names.get(`${name} ${mount.target}`) ?? null }));

const spell = ({ source, target, readOnly }: OldMount): string => `${source === null ? "" : `${source}:`}${target}${readOnly ? ":ro" : ""}`;

/**
 * A volume without a name gets one where one instance has it, so that data outlives even the stack and others can mount it. Several
 * instances had one each, and each slot has its own where the name stays out.
 */
export const translateVolumes: Translate = (key, service, draft, around) => {
  const { name } = service;
  for (const mount of mountsOf(service, around.volumeNames)) {
    const { node, source, target } = mount;
    declare(draft, mount);
    if (readMount(node).source !== null) {
      draft.add(name, key.key, node);
      continue;
    }
    draft.add(name, key.key, madeText(node, spell(mount)));
    const keeps =
      source === null
        ? "each instance has its own, which its successor takes over and which stays when it is scaled away"
        : `it is the volume ${source} now, and no deployment deletes it`;
    const note = `${target}: ${keeps}; what the old one holds is copied by hand`;
    draft.note(node, name, key.written, source === null ? key.key : `volumes.${source}`, note);
  }
};

function declare(draft: Draft, { source, node }: OldMount): void {
  if (source !== null && !isPath(source) && !draft.hasVolume(source)) draft.volume(source, madeMap(node, {}));
}

/** The other service's mounts, and those it has from others; a mount of one's own wins. */
export const translateVolumesFrom: Translate = (key, service, draft, around) => {
  const { name } = service;
  const own = new Set(mountsOf(service, around.volumeNames).map(({ target }) => target));
  for (const item of itemsOf(key.value)) {
    const source = readSource(item);
    const other = around.stack.get(source.service);
    const out = (note: string) => draft.note(item, name, key.written, null, `${show(textOf(item))}: ${note}`);
    if (other === undefined) {
      out("there is no such service in this file; declare its volumes as external ones and mount those");
      continue;
    }
    if (around.proxies.has(source.service)) {
      out("the router takes the place of that service");
      continue;
    }
    const found = gathered(other, around, new Set([name])).filter(({ target }) => !own.has(target));
    for (const mount of found) {
      own.add(mount.target);
      declare(draft, mount);
      draft.add(name, "volumes", madeText(item, spell({ ...mount, readOnly: mount.readOnly || source.readOnly })));
    }
    const hidden = `what the image of ${source.service} declares as VOLUME is not seen here: name it under volumes of both`;
    if (found.length === 0) out(`it mounts nothing more; ${hidden}`);
    else draft.note(item, name, key.written, "volumes", `${found.map(({ target }) => target).join(", ")} of ${source.service}; ${hidden}`);
  }
};

function gathered(service: OldService, around: Surroundings, via: Set<string>): OldMount[] {
  if (via.has(service.name)) return [];
  via.add(service.name);
  const found = mountsOf(service, around.volumeNames);
  for (const item of itemsOf(service.keys.get("volumes_from")?.value)) {
    const source = readSource(item);
    const other = around.stack.get(source.service);
    if (other === undefined || around.proxies.has(source.service)) continue;
    for (const mount of gathered(other, around, via))
      if (!found.some(({ target }) => target === mount.target)) found.push({ ...mount, readOnly: mount.readOnly || source.readOnly });
  }
  return found;
}

/** A volume that several instances write to is declared as shared: in a stackfile they wrote side by side. */
export function declareShared(draft: Draft, { stack }: Surroundings): void {
  const writers = new Map<string, { readonly service: string; readonly key: string; readonly node: Node; readonly instances: number }[]>();
  for (const service of stack.values())
    for (const node of itemsOf(draft.get(service.name, "volumes"))) {
      const mount = readMount(node);
      if (mount.source === null || mount.readOnly || !draft.hasVolume(mount.source)) continue;
      const key = service.keys.has("volumes_from") ? "volumes_from" : "volumes";
      const writer = { service: service.name, key, node, instances: replicasOf(service) ?? 1 };
      writers.set(mount.source, [...(writers.get(mount.source) ?? []), writer]);
    }
  for (const [volume, found] of writers) {
    const last = found.at(-1);
    if (last === undefined || found.reduce((sum, { instances }) => sum + instances, 0) < 2) continue;
    draft.volume(volume, madeMap(last.node, { "x-instar": madeMap(last.node, { shared: madeScalar(last.node, true) }) }));
    const who = found.map(({ service, instances }) => (instances > 1 ? `${instances} instances of ${service}` : service)).join(" and ");
    const note = `${who} write to it side by side, as they did; where one only reads, mount it with :ro and take shared out: then no two write at once`;
    draft.note(last.node, last.service, last.key, `volumes.${volume}.x-instar.shared`, note);
  }
}
