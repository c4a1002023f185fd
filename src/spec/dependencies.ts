import { suggest } from "../lib/suggest.ts";
import { show } from "./names.ts";
import { child, fail, type MapNode } from "./node.ts";
import type { ServiceSpec } from "./types.ts";

/** Every dependency exists (an absent one that is not required is dropped) and there is no circle. */
export function checkDependencies(all: MapNode, services: Readonly<Record<string, ServiceSpec>>): Readonly<Record<string, ServiceSpec>> {
  const where = (name: string, dependency: string) => {
    const node = child(all, name);
    const list = node?.kind === "map" ? child(node, "depends_on") : null;
    const entry = list?.kind === "map" ? list.entries.get(dependency) : undefined;
    const item = list?.kind === "list" ? list.items.find((one) => one.kind === "scalar" && one.text === dependency) : undefined;
    return entry === undefined ? (item ?? list ?? all) : { path: entry.value.path, at: entry.at };
  };
  const linked = Object.entries(services).map(([name, service]): [string, ServiceSpec] => {
    const kept = Object.entries(service.dependsOn).filter(([dependency, { required }]) => {
      if (Object.hasOwn(services, dependency)) return true;
      if (!required) return false;
      const near = suggest(dependency, Object.keys(services));
      if (all.entries.has(dependency))
        return fail(
          "INS1008",
          where(name, dependency),
          `the service ${show(dependency)} belongs to a profile that is not active`,
          "activate it in COMPOSE_PROFILES, or write required: false",
        );
      return fail(
        "INS1008",
        where(name, dependency),
        `there is no service ${show(dependency)}`,
        near === null ? undefined : `did you mean ${near}?`,
      );
    });
    return [name, { ...service, dependsOn: Object.fromEntries(kept) }];
  });
  const result = Object.fromEntries(linked);
  const circle = findCircle(result);
  if (circle !== null) fail("INS1010", where(circle[0] ?? "", circle[1] ?? circle[0] ?? ""), circle.join(" → "));
  return result;
}

/** `[a, b, a]`, or null. Without recursion: a chain may be as long as the file. */
export function findCircle(services: Readonly<Record<string, ServiceSpec>>): readonly string[] | null {
  const done = new Set<string>();
  for (const start of Object.keys(services)) {
    const path: string[] = [];
    const onPath = new Set<string>();
    const stack: { name: string; leave: boolean }[] = [{ name: start, leave: false }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      if (top.leave) {
        path.pop();
        onPath.delete(top.name);
        done.add(top.name);
      } else if (onPath.has(top.name)) return [...path.slice(path.indexOf(top.name)), top.name];
      else if (!done.has(top.name)) {
        path.push(top.name);
        onPath.add(top.name);
        stack.push({ name: top.name, leave: true });
        for (const next of Object.keys(services[top.name]?.dependsOn ?? {}).reverse()) stack.push({ name: next, leave: false });
      }
    }
  }
  return null;
}
