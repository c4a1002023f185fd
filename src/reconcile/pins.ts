import type { Backend, Pins, Server } from "../route/types.ts";
import { serviceName } from "./service-name.ts";
import type { RoutedService, WantedServer } from "./table.ts";

/** Which revisions requests may ask for. */
export interface Beside {
  /** The revision that is wanted, and the one it stands beside while nothing is decided; null: neither chooses. */
  readonly target: number;
  readonly undecided: { readonly always: number; readonly never: number } | null;
}

/**
 * The router's maps for services whose revisions stand side by side, or whose clients come back. Only servers that take
 * requests are in them: one that is to drain leaves the maps first, since what is named is sent there whatever its state.
 * null: no service has any. Pure.
 */
export function pinsOf(services: readonly RoutedService[], servers: readonly WantedServer[], backends: readonly Backend[]): Pins | null {
  const counts: Record<string, number> = {};
  const picks: Record<string, string> = {};
  const previews: Record<string, string> = {};
  const put = (key: string, found: readonly Server[]): void => {
    if (found.length === 0) return;
    counts[key] = found.length;
    for (const [nth, { name }] of found.entries()) picks[`${key}/${nth}`] = name;
  };
  const serversOf = Map.groupBy(servers, serviceName);
  const backendsOf = Map.groupBy(backends, serviceName);
  for (const service of services) {
    const [target] = service.revisions;
    const id = `${target?.stack}/${target?.service}`;
    const own = new Map((serversOf.get(id) ?? []).map((s) => [s.name, s]));
    for (const backend of backendsOf.get(id) ?? []) {
      if (backend.mode !== "http") continue;
      const ready = backend.servers.filter(({ state }) => state === "ready").sort((a, b) => (a.name < b.name ? -1 : 1));
      const numbersOf = ({ name }: Server): readonly number[] => numbers(own.get(name), service);
      if (service.beside !== undefined) {
        counts[backend.name] = 1;
        for (const number of new Set(ready.flatMap(numbersOf)))
          put(
            `${backend.name}/${number}`,
            ready.filter((s) => numbersOf(s).includes(number)),
          );
        for (const [side, number] of Object.entries(service.beside.undecided ?? {}))
          put(
            `${backend.name}!${side}`,
            ready.filter((s) => numbersOf(s).includes(number)),
          );
      }
      if (backend.sticky === undefined) continue;
      const asked = ready.filter(({ weight }) => weight > 0);
      for (const { name } of asked) picks[`${backend.name}~${name}`] = name;
      for (const number of new Set(asked.flatMap(({ name }) => own.get(name)?.revision ?? [])))
        put(
          `${backend.name}~r${number}`,
          asked.filter(({ name }) => own.get(name)?.revision === number),
        );
    }
    const preview = target?.spec.sides?.preview ?? null;
    if (preview !== null && service.beside !== undefined) previews[preview] = String(service.beside.target);
  }
  return Object.keys(counts).length + Object.keys(picks).length + Object.keys(previews).length === 0 ? null : { counts, picks, previews };
}

/** Its own number, and that of a revision made of the same that took it over. */
const numbers = (server: WantedServer | undefined, { revisions }: RoutedService): readonly number[] =>
  server === undefined
    ? []
    : [
        server.revision,
        ...revisions.filter((r) => r.instanceHash === server.instanceHash && r.number !== server.revision).map((r) => r.number),
      ];
