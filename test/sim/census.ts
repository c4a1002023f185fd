import type { FakeContainer } from "./fake-container.ts";

/** Containers by service (`stack/service`), by id, and by each address they were made with. */
export class Census {
  readonly ofService = new Index();
  readonly byId = new Index();
  readonly byAddress = new Index();

  add(container: FakeContainer): void {
    for (const [index, key] of this.#places(container)) index.add(key, container);
  }

  drop(container: FakeContainer): void {
    for (const [index, key] of this.#places(container)) index.drop(key, container);
  }

  #places({ id, blueprint: { stack, service, networks } }: FakeContainer): readonly (readonly [Index, string])[] {
    const addresses = networks.flatMap(({ address }) => (address === null ? [] : [[this.byAddress, address] as const]));
    return [[this.byId, id], [this.ofService, `${stack}/${service}`], ...addresses];
  }
}

/** Containers by something they have, in the order they came. */
class Index {
  readonly #found = new Map<string, Set<FakeContainer>>();

  of(key: string): readonly FakeContainer[] {
    return [...(this.#found.get(key) ?? [])];
  }

  add(key: string, container: FakeContainer): void {
    const there = this.#found.get(key);
    if (there === undefined) this.#found.set(key, new Set([container]));
    else there.add(container);
  }

  drop(key: string, container: FakeContainer): void {
    const there = this.#found.get(key);
    there?.delete(container);
    if (there?.size === 0) this.#found.delete(key);
  }
}
