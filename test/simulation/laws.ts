import type { FakeEngine } from "../sim/fake-engine.ts";
import type { FakeRouter } from "../sim/fake-router.ts";
import { KEY } from "./service.ts";
import type { Setting } from "./story.ts";

/**
 * What the simulator holds the whole product to, in sentences (docs/proof.md says which law each is of). The numbers are the
 * simulator's own.
 */
export const LAWS = {
  requests: "No request is lost but to what the world did, and none waits longer than its hold while somebody could act.",
  writer: "Of an exclusive volume there is never more than one writer.",
  surge: "There are never more than twice the wanted instances.",
  address: "A request never reaches another instance than the one its server is named for.",
  content: "A revision has one content for ever.",
  rest: "Everything comes to rest, and then what runs and serves is what is wanted.",
  ended: "Every deployment ends.",
  good: "What does not work is never said to have succeeded, and does not serve in the end.",
  wish: "The last good version that was accepted is the one that serves in the end, with its environment, its job and its number.",
  left: "Nothing is left behind but the evidence of one failure.",
  untouched: "Nothing running is ever entered, signalled or reconnected, and no volume is removed.",
  watched: "A stretch in which nobody watched is recorded.",
  foreseen: "Every error is one of the catalogue, and none is a defect of Instar's own.",
} as const;
export type Law = keyof typeof LAWS;

export interface Violation {
  readonly law: Law;
  /** What was seen. */
  readonly seen: string;
}

/** What can be looked at at every moment. */
export interface Moment {
  readonly engine: FakeEngine;
  readonly router: FakeRouter;
  readonly setting: Setting;
  /** The most replicas wanted until now. */
  readonly replicas: number;
  /** Service and revision → the content that its instances have had. */
  readonly contents: Map<string, string>;
  /** Containers whose content was looked at: it never changes. */
  readonly known: Set<string>;
}

export function* brokenNow({ engine, router, setting, replicas, contents, known }: Moment): Generator<Violation> {
  const containers = engine.control.containers();
  const writers = new Map<string, string[]>();
  const alive: string[] = [];
  const places = new Map<string, string>();
  for (const one of containers) {
    const { name, service, revision, instanceHash, networks } = one.blueprint;
    if (!known.has(one.id)) {
      known.add(one.id);
      const before = contents.get(`${service}@${revision}`) ?? instanceHash;
      contents.set(`${service}@${revision}`, before);
      if (before !== instanceHash) yield { law: "content", seen: `${name} has another one than the others of revision ${revision}` };
    }
    if (!one.alive) continue;
    if (service === KEY.service) alive.push(name);
    if (service === KEY.service ? setting.exclusive : !service.includes("/")) writers.set(service, [...(writers.get(service) ?? []), name]);
    const [{ address } = { address: null }] = networks;
    if (address !== null) places.set(address, name);
  }
  for (const names of writers.values()) if (names.length > 1) yield { law: "writer", seen: names.join(" and ") };
  if (alive.length > 2 * replicas) yield { law: "surge", seen: `${alive.length} run of ${replicas}: ${alive.join(", ")}` };
  for (const backend of router.control.table().backends)
    for (const server of backend.servers) {
      const there = server.state === "ready" ? places.get(server.address) : undefined;
      if (there !== undefined && there !== server.name) yield { law: "address", seen: `${server.name} leads to ${there}` };
    }
}
