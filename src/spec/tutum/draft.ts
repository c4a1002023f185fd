import { type Claim, overlaps } from "../clash.ts";
import type { MapNode, Node } from "../node.ts";
import type { Position } from "../types.ts";
import { madeList, madeMap, valueAt, withValue } from "./made.ts";
import type { ImportNote } from "./types.ts";

/** The new file while it is written, and what there is to say about it. */
export class Draft {
  readonly notes: ImportNote[] = [];
  readonly #at: Position;
  readonly #services = new Map<string, MapNode>();
  readonly #volumes = new Map<string, MapNode>();
  /** Items of the lists that grow one by one, by service and path. */
  readonly #items = new Map<string, Node[]>();
  readonly #claims = new Map<string, Claim[]>();

  constructor(at: Position) {
    this.#at = at;
  }

  /** The whole file as it stands now, what Compose does not know last in each service. */
  root(): MapNode {
    const where = { at: this.#at, path: "" };
    const section = (entries: ReadonlyMap<string, MapNode>) => madeMap(where, Object.fromEntries(entries));
    return madeMap(where, {
      services: section(new Map([...this.#services].map(([name, map]) => [name, ownLast(map)]))),
      ...(this.#volumes.size === 0 ? {} : { volumes: section(this.#volumes) }),
    });
  }

  service(name: string, at: Position): void {
    this.#services.set(name, madeMap({ at, path: name }, {}));
  }

  /** `path` under the service: `deploy.replicas`. */
  set(service: string, path: string, value: Node): void {
    const map = this.#services.get(service);
    if (map !== undefined) this.#services.set(service, withValue(map, path.split("."), value));
  }

  get(service: string, path: string): Node | null {
    const map = this.#services.get(service);
    return map === undefined ? null : valueAt(map, path.split("."));
  }

  /** Of a key within a mapping: `x-instar.sticky`. A mapping with nothing left in it goes too. */
  remove(service: string, path: string): void {
    const [above = "", key = ""] = path.split(".");
    const map = this.get(service, above);
    const whole = this.#services.get(service);
    if (map?.kind !== "map" || whole === undefined) return;
    const left = new Map([...map.entries].filter(([name]) => name !== key));
    if (left.size > 0) this.set(service, above, { ...map, entries: left });
    else this.#services.set(service, { ...whole, entries: new Map([...whole.entries].filter(([name]) => name !== above)) });
  }

  /** One more item of a list. */
  add(service: string, path: string, item: Node): void {
    const items = this.#items.get(`${service} ${path}`);
    if (items !== undefined) items.push(item);
    else {
      const first = [item];
      this.#items.set(`${service} ${path}`, first);
      this.set(service, path, madeList(item, first));
    }
  }

  /** An entry of the file's `volumes:`. */
  volume(key: string, value: MapNode): void {
    this.#volumes.set(key, value);
  }

  hasVolume(key: string): boolean {
    return this.#volumes.has(key);
  }

  /** Null when these host ports are free, and now taken; else the claim that has one of them. */
  claim(claims: readonly Claim[]): Claim | null {
    for (const { key, hostIp } of claims) {
      const other = this.#claims.get(key)?.find((one) => overlaps(one.hostIp, hostIp));
      if (other !== undefined) return other;
    }
    for (const claim of claims) {
      const others = this.#claims.get(claim.key);
      if (others === undefined) this.#claims.set(claim.key, [claim]);
      else others.push(claim);
    }
    return null;
  }

  note(where: { readonly at: Position }, service: string, key: string, became: string | null, note: string): void {
    this.notes.push({ at: where.at, service, key, became, note });
  }
}

function ownLast(map: MapNode): MapNode {
  const own = map.entries.get("x-instar");
  if (own === undefined) return map;
  return { ...map, entries: new Map([...[...map.entries].filter(([key]) => key !== "x-instar"), ["x-instar", own]]) };
}
