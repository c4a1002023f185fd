import * as actions from "./actions.ts";
import type { ContextRow } from "./context-store.ts";
import type { ServiceKey } from "./control.ts";

/** Peers that come and go in one movement are one change. */
const SETTLED_MS = 2_000;
/** After a replacement for a context that failed. */
const RETRY_MS = 600_000;

/**
 * Under `on_change: replace`: fresh instances once the peers stand still. Nothing while the service or one of its peers is being
 * deployed: their next passes ask again. Returns when to ask again although nothing happened; null: no need.
 */
async function replaceForContext(deps: actions.Deps, key: ServiceKey, row: ContextRow, peers: readonly string[]): Promise<number | null> {
  const { store, clock } = deps;
  const now = clock.now();
  if (now < row.at + SETTLED_MS) return row.at + SETTLED_MS;
  for (const service of [key.service, ...peers]) {
    const one = await store.service({ stack: key.stack, service });
    if (one === null || one.deployment !== null) return now + SETTLED_MS;
    if (service === key.service && (one.removed || one.stopped || one.halted !== null)) return null;
  }
  const last = (await store.deployments(key, 1))[0];
  if (last?.cause.kind === "context" && last.outcome !== "succeeded" && now < (last.endedAt ?? now) + RETRY_MS)
    return (last.endedAt ?? now) + RETRY_MS;
  await actions.recycle(deps, key, "instar", "context");
  return null;
}

/** The same, asked again when it is time; one question of a service waits at once. */
export function replacing(
  deps: actions.Deps,
  look: (key: ServiceKey) => void,
): (key: ServiceKey, row: ContextRow, peers: readonly string[]) => Promise<void> {
  const waiting = new Set<string>();
  return async (key, row, peers) => {
    const name = `${key.stack}/${key.service}`;
    const again = await replaceForContext(deps, key, row, peers);
    if (again === null || waiting.has(name)) return;
    waiting.add(name);
    deps.clock.after(Math.min(SETTLED_MS, Math.max(1, again - deps.clock.now())), () => {
      waiting.delete(name);
      look(key);
    });
  };
}
