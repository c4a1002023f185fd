import type { EngineInstance, RoutedServer } from "./ports.ts";
import { routeOf } from "./routing.ts";
import { serviceName } from "./service-name.ts";
import type { Store } from "./store.ts";

/**
 * A drain is written down before the router is told of it. Where a daemon was killed in between it has not begun, whatever becomes of
 * the instance until the first look: it begins once more, with the whole of its limit (crowded story 28814). Raises INS6003.
 */
export async function forgetUnbegun(store: Store, routed: readonly RoutedServer[], instances: Iterable<EngineInstance>): Promise<void> {
  const servers = Map.groupBy(routed, ({ name }) => name);
  const ready = [...instances].filter(({ name }) => routeOf(name, servers.get(name) ?? [])?.state === "ready");
  for (const [first, ...others] of Map.groupBy(ready, serviceName).values()) {
    if (first === undefined) continue;
    const facts = await store.facts(first);
    for (const { id } of [first, ...others]) {
      const fact = facts.get(id);
      if (fact?.drainingSince != null) await store.write((within) => within.putFact({ ...fact, drainingSince: null }));
    }
  }
}
