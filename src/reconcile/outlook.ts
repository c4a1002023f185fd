import { InstarError } from "../errors.ts";
import type { ServiceKey } from "./control.ts";
import type { Engine, EngineInstance, RoutedServer, Router } from "./ports.ts";
import { serviceName } from "./service-name.ts";

export interface Sight {
  /** Of the service, by name. */
  readonly instances: readonly EngineInstance[];
  /** Servers of these instances. */
  readonly routed: readonly RoutedServer[];
  /** All that the router sends to, of any service: what drains, or is in maintenance until it can be deleted, gets nothing new. */
  readonly reachable: () => readonly string[];
}

interface Asking {
  readonly key: ServiceKey;
  readonly busy: ReadonlySet<string>;
}

/** So many services look for themselves at a time: below that a list of all would only cost more. */
const ALONE = 8;

/**
 * What the passes see of the engine and the router: always read after they asked. A list of one service's containers costs an engine
 * the walk over all it has, and the router has no answer but the whole, so passes that come together share: who asks while the
 * router is read has the reading after that, and from the ninth service on one list is split among all that wait (ADR 0029).
 * Raises INS3001, INS4002.
 */
export class Outlook {
  readonly #engine: Engine;
  readonly #router: Router;
  readonly #routed: Shared<null, ReadonlyMap<string, readonly RoutedServer[]>>;
  readonly #together: Shared<Asking, ReadonlyMap<string, readonly EngineInstance[]>>;
  #alone = 0;

  /** `underWay`: instances of any service that a step is being performed on. The engine holds the inspect of what it starts back. */
  constructor(engine: Engine, router: Router, underWay: () => readonly string[]) {
    this.#engine = engine;
    this.#router = router;
    this.#routed = new Shared(async () => Map.groupBy(await this.#router.observe(), ({ name }) => name));
    this.#together = new Shared(async (asking) => {
      const busy = new Set([...underWay(), ...asking.flatMap((one) => [...one.busy])]);
      return Map.groupBy(await this.#engine.instances({}, busy), serviceName);
    });
  }

  /** `busy`: instances that need be seen roughly only. */
  async see(key: ServiceKey, busy: ReadonlySet<string>): Promise<Sight> {
    const [instances, routed] = await Promise.all([this.#instances({ key, busy }), this.#routed.ask(null)]);
    const reachable = (): readonly string[] =>
      [...routed].filter(([, rows]) => rows.some(({ state }) => state === "ready")).map(([name]) => name);
    return { instances, routed: instances.flatMap(({ name }) => routed.get(name) ?? []), reachable };
  }

  async #instances(asking: Asking): Promise<readonly EngineInstance[]> {
    if (this.#alone >= ALONE) {
      const all = await this.#together.ask(asking).catch((error: unknown) => {
        if (error instanceof InstarError && error.code === "INS3001") throw error;
        // What is wrong with one service's containers is no reason for the others to be blind: whose they are is told by its own look.
        return null;
      });
      if (all !== null) return all.get(serviceName(asking.key)) ?? [];
    }
    this.#alone++;
    try {
      return await this.#engine.instances(asking.key, asking.busy);
    } finally {
      this.#alone--;
    }
  }
}

/** One reading at a time; who asks during one shares the next with all others who do. */
class Shared<A, T> {
  readonly #read: (asking: readonly A[]) => Promise<T>;
  #asking: A[] = [];
  #next: Promise<T> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(read: (asking: readonly A[]) => Promise<T>) {
    this.#read = read;
  }

  ask(asking: A): Promise<T> {
    this.#asking.push(asking);
    if (this.#next !== null) return this.#next;
    const read = this.#last.then(() => {
      const all = this.#asking;
      this.#asking = [];
      this.#next = null;
      return this.#read(all);
    });
    this.#next = read;
    this.#last = read.catch(() => undefined);
    return read;
  }
}
