import { InstarError } from "../errors.ts";
import { safeBackend, safeHost, safeInteger, safeMilliseconds, safePath } from "./names.ts";
import { partsText } from "./parts.ts";
import { countEntries, pickEntries, previewEntries } from "./pins.ts";
import type { RouteTable } from "./types.ts";

export type MapName = "hosts" | "hold" | "counts" | "picks" | "previews";
export type Entries = ReadonlyMap<string, string>;

/**
 * Host and path → backend. Looked up by longest prefix of `host/path/`, so a key ends in `/` and `/api`
 * never claims `/apix`. A domain that services share leads to the list of parts.ts. A wildcard keeps its `*.`, and the frontend asks for it one label at a time.
 * Raises INS1009 for a domain claimed twice, INS1014.
 */
export function hostEntries(table: RouteTable): Entries {
  const entries = new Map<string, string>();
  for (const domain of table.domains) {
    const key = `${safeHost(domain.host)}${safePath(domain.path) ?? ""}/`;
    const taken = entries.get(key);
    const value = domain.parts === undefined ? safeBackend(domain.backend) : partsText(domain.parts);
    if (taken !== undefined && taken !== value) {
      throw new InstarError("INS1009", `${key} is claimed by ${taken} and by ${value}`);
    }
    entries.set(key, value);
  }
  return entries;
}

/** Backend → `milliseconds/how many may wait`, for the backends that hold. */
export function holdEntries(table: RouteTable): Entries {
  const entries = new Map<string, string>();
  for (const backend of table.backends) {
    if (backend.mode !== "http" || backend.holdMs === 0) continue;
    const wait = safeMilliseconds(backend.holdMs, "hold");
    entries.set(safeBackend(backend.name), `${wait}/${safeInteger(backend.holdLimit, 0, 1_000_000, "hold limit")}`);
  }
  return entries;
}

const READERS: Readonly<Record<MapName, (table: RouteTable) => Entries>> = {
  hosts: hostEntries,
  hold: holdEntries,
  counts: countEntries,
  picks: pickEntries,
  previews: previewEntries,
};

/** A map file: `key value` a line, sorted. */
export function mapText(entries: Entries): string {
  return [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key} ${value}\n`)
    .join("");
}

export function mapEntries(name: MapName, table: RouteTable): Entries {
  return READERS[name](table);
}
