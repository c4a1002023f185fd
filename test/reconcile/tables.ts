import type { RouteTable } from "../../src/route/types.ts";
import type { House } from "./house.ts";

/** Host port → where its requests go, with the instances that may have them. */
export const leads = ({ listeners, backends }: RouteTable): Record<number, string[]> =>
  Object.fromEntries(
    listeners.map((listener) => [
      listener.port,
      backends
        .filter(({ name }) => name === listener.defaultBackend)
        .flatMap(({ servers }) => servers.filter(({ state }) => state === "ready").map((s) => `${s.name}:${s.port}`)),
    ]),
  );

/** Every table the router is given from now on. */
export function applied({ router }: House): RouteTable[] {
  const tables: RouteTable[] = [];
  const { apply } = router;
  router.apply = async (table) => {
    tables.push(table);
    return apply(table);
  };
  return tables;
}
