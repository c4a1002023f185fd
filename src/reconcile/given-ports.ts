import { InstarError } from "../errors.ts";
import { ingressPorts } from "../plan/choose.ts";
import type { ServiceSpec } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import type { Router } from "./ports.ts";
import type { PortRow, Store } from "./store.ts";

const FIRST_GIVEN_PORT = 20_000;
const LAST_GIVEN_PORT = 29_999;
/** Looked at in one go. */
const AT_ONCE = 100;
/** More than are needed: another `up` may take some in between. */
const SPARE = 8;

interface Wanting {
  readonly key: ServiceKey;
  readonly spec: ServiceSpec;
}

/** A bare `ports: ["8080"]` gets a host port once, stored. */
const bare = ({ key, spec }: Wanting, given: readonly PortRow[]): readonly { target: number; protocol: "tcp" | "udp" }[] =>
  ingressPorts(spec).filter(
    (port) =>
      port.published === null &&
      !given.some((g) => g.stack === key.stack && g.service === key.service && g.target === port.target && g.protocol === port.protocol),
  );

/** Host ports for the bare ones, lowest first, that nobody has claimed and no process listens on. Raises INS4001. */
export async function freePorts(store: Store, router: Router, wanting: readonly Wanting[]): Promise<readonly number[]> {
  const rows = await store.services();
  const gone = new Set(rows.filter(({ removed }) => removed).map(({ stack, service }) => `${stack}/${service}`));
  const ports = await store.ports();
  const given = ports.filter(({ stack, service }) => !gone.has(`${stack}/${service}`));
  const count = wanting.reduce((sum, one) => sum + bare(one, given).length, 0);
  if (count === 0) return [];
  const taken = new Set(ports.map((g) => g.published));
  const specs = wanting.map(({ spec }) => spec);
  for (const row of rows) {
    const revision = row.removed ? null : await store.revision(row, row.target);
    if (revision !== null) specs.push(revision.spec);
  }
  for (const { ports } of specs) for (const { published } of ports) if (published !== null) taken.add(published);
  const free: number[] = [];
  for (let from = FIRST_GIVEN_PORT; from <= LAST_GIVEN_PORT && free.length < count + SPARE; from += AT_ONCE) {
    const block = Array.from({ length: AT_ONCE }, (_, index) => from + index).filter((port) => !taken.has(port));
    const foreign = new Set((await router.foreignListeners(block)).map(({ port }) => port));
    free.push(...block.filter((port) => !foreign.has(port)));
  }
  if (free.length < count) throw noneLeft();
  return free;
}

/** Inside the transaction. Raises INS4001 when all that were free have been taken meanwhile. */
export async function givePorts(within: Store, wanting: Wanting, free: readonly number[]): Promise<void> {
  // It was pruned: what it had may be somebody else's by now.
  if ((await within.service(wanting.key))?.removed === true) await within.dropPorts(wanting.key);
  const given = await within.ports();
  const taken = new Set(given.map((g) => g.published));
  for (const { target, protocol } of bare(wanting, given)) {
    const published = free.find((port) => !taken.has(port));
    if (published === undefined) throw noneLeft();
    taken.add(published);
    await within.putPort({ ...wanting.key, target, protocol, published });
  }
}

const noneLeft = (): InstarError => new InstarError("INS4001", `no host port between ${FIRST_GIVEN_PORT} and ${LAST_GIVEN_PORT} is left`);
