import { setTimeout as sleep } from "node:timers/promises";
import { InstarError } from "../errors.ts";
import { missingAddresses } from "../lib/local-address.ts";
import { listenersOf, overlap } from "../route/listeners.ts";
import type { Listener, RouterSettings, RouteTable } from "../route/types.ts";
import { addressIn, listeningSockets, ownerOf, shortest } from "./listening.ts";

const CLOSING_MS = 2_000;
const LOOK_MS = 20;

export interface Foreign {
  readonly port: number;
  readonly by: string;
}

/** Where a listener is, or is to be; `hostIp` null: every address. */
export type Place = Pick<Listener, "port" | "hostIp">;

/** What is ours: the listeners of the table in force, and whatever our own containers still listen on. */
export interface Ours {
  readonly places: readonly Place[];
  readonly containers: readonly string[];
}

export const NOTHING_OURS: Ours = { places: [], containers: [] };

/** Of these ports, those that a process which is not ours listens on: on any address, or where the place says. */
export async function foreignListeners(asked: readonly (number | Place)[], ours: Ours): Promise<readonly Foreign[]> {
  const places = asked.map((one) => (typeof one === "number" ? { port: one, hostIp: null } : one));
  return (await others(places, ours)).flatMap(({ port, by, own }) => (own ? [] : [{ port, by }]));
}

export function placesOf(table: RouteTable, settings: Pick<RouterSettings, "httpPort">): readonly Place[] {
  return listenersOf(table, settings);
}

/** Of the listeners' own addresses, those that this machine does not have now. */
export const missingOf = (places: readonly Place[]): Promise<ReadonlySet<string>> =>
  missingAddresses(places.flatMap(({ hostIp }) => (hostIp === null ? [] : [hostIp])));

/**
 * Raises INS4001 when one of the places that are not `ours` yet is taken, or on an address that the machine does not have. A worker of
 * ours that has just given a port up may still be closing it: that is waited for, and HAProxy asks it once more itself.
 */
export async function checkPorts(places: readonly Place[], ours: Ours): Promise<void> {
  const known = new Set(ours.places.map(keyOf));
  const asked = places.filter((place) => !known.has(keyOf(place)));
  const [missing] = await missingOf(asked);
  if (missing !== undefined) throw new InstarError("INS4001", `this machine does not have the address ${missing}`);
  const deadline = performance.now() + CLOSING_MS;
  for (;;) {
    const found = await others(asked, ours);
    const foreign = found.filter(({ own }) => !own);
    if (foreign.length > 0) throw new InstarError("INS4001", foreign.map(({ port, by }) => `port ${port} is taken by ${by}`).join(", "));
    if (found.length === 0 || performance.now() > deadline) return;
    await sleep(LOOK_MS);
  }
}

/** Listeners in the way of these, besides those in force; `own`: in a container of ours. */
async function others(asked: readonly Place[], ours: Ours): Promise<readonly (Foreign & { readonly own: boolean })[]> {
  if (asked.length === 0) return [];
  const wanted = Map.groupBy(asked, ({ port }) => port);
  const inForce = new Set(ours.places.flatMap(boundBy));
  const inTheWay = (await listeningSockets()).filter(({ port, address: hex }) => {
    const address = addressIn(hex);
    return !inForce.has(`${port} ${address}`) && wanted.get(port)?.some(({ hostIp }) => meets(hostIp, address)) === true;
  });
  return Promise.all(
    [...Map.groupBy(inTheWay, ({ port }) => port)]
      .sort(([a], [b]) => a - b)
      .map(async ([port, sockets]) => {
        const owners = await Promise.all(sockets.map(({ inode }) => ownerOf(inode)));
        const stranger = owners.find(({ cgroup }) => !ours.containers.some((id) => cgroup.includes(id)));
        return { port, by: (stranger ?? owners[0])?.name ?? "", own: stranger === undefined };
      }),
  );
}

const keyOf = ({ port, hostIp }: Place): string => `${port} ${hostIp ?? ""}`;

/** The sockets of a listener of ours: nobody else can have the very same. */
const boundBy = ({ port, hostIp }: Place): string[] =>
  (hostIp === null ? ["0.0.0.0", "::"] : [shortest(hostIp)]).map((address) => `${port} ${address}`);

/** Nothing tells whether a socket on `::` takes IPv4 too: as a rule it does. */
const meets = (hostIp: string | null, address: string): boolean =>
  address === "::" || overlap(hostIp === null ? null : shortest(hostIp), address);
