import { asMap } from "./deploy.ts";
import { isObjectName, objectName, show } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import { notice, type Scene } from "./scene.ts";
import type { ServiceSpec } from "./types.ts";
import { byText, optional, record, text, texts } from "./values.ts";

const STARTED = { condition: "service_started", required: true } as const;

type Services = Readonly<Record<string, ServiceSpec>>;

/**
 * The two older ways to a name of one's own, as network aliases: `container_name` (instances come and go side by side and are
 * named by Instar) and the second half of `links: [db:database]`. A link is a dependency too, as in Compose.
 * Raises INS1006 for a name that another service answers to, INS1007 for one that no host can have, INS1008 for a link to nothing.
 */
export function readLinks(scene: Scene, all: MapNode, services: Services): Services {
  const found = new Map(Object.entries(services));
  const add = (name: string, alias: string, networks: readonly string[], node: Node): void => {
    const other = [...found].find(([service, spec]) => service !== name && networks.some((key) => answers(service, spec, key, alias)));
    if (other !== undefined)
      fail("INS1006", node, `${show(alias)} would be a name of ${name}, and ${other[0]} answers to it already`, "give it another name");
    change(name, (service) => withAlias(service, alias, networks));
  };
  const change = (name: string, how: (service: ServiceSpec) => ServiceSpec): void => {
    const service = found.get(name);
    if (service !== undefined) found.set(name, how(service));
  };
  for (const name of found.keys()) {
    const map = asMap(all, name);
    if (map === null) continue;
    const own = optional(map, "container_name", (node) => ({ node, alias: objectName(text(node), "container", node) }), null);
    if (own !== null && own.alias !== name) {
      notice(scene, "container-name", own.node, `instances have names of their own; others reach the service as ${own.alias}`);
      add(name, own.alias, Object.keys(services[name]?.networks ?? {}), own.node);
    }
    const links = child(map, "links");
    for (const { value, node } of links === null ? [] : texts(links)) {
      const [target = "", written] = value.split(":");
      const alias = written ?? target;
      const other = found.get(target);
      if (other === undefined)
        fail("INS1008", node, `there is no service ${show(target)}${all.entries.has(target) ? " in the active profiles" : ""}`);
      if (!isObjectName(alias)) fail("INS1007", node, `${show(alias)} cannot be a network alias`);
      change(name, (service) => ({
        ...service,
        dependsOn: record(Object.entries({ [target]: STARTED, ...service.dependsOn })),
      }));
      const shared = Object.keys(other.networks).filter((key) => key in (services[name]?.networks ?? {}));
      if (alias !== target) add(target, alias, shared, node);
    }
  }
  return Object.fromEntries(found);
}

/** Names are found by everyone on a network: two services of one name would be mixed up. */
const answers = (service: string, { networks }: ServiceSpec, key: string, alias: string): boolean =>
  networks[key] !== undefined && (service === alias || networks[key].aliases.includes(alias));

function withAlias(service: ServiceSpec, alias: string, networks: readonly string[]): ServiceSpec {
  const changed = networks.map((key) => {
    const before = service.networks[key] ?? { aliases: [] };
    return [key, { ...before, aliases: [...new Set([...before.aliases, alias])].sort(byText) }] as const;
  });
  return { ...service, networks: record(Object.entries({ ...service.networks, ...Object.fromEntries(changed) })) };
}
