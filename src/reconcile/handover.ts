import { InstarError } from "../errors.ts";
import { boundPorts, ingressPorts } from "../plan/choose.ts";
import { type Claim, claimsOf, firstClash } from "../spec/clash.ts";
import type { Notice, Revision, ServiceSpec, StackSpec } from "../spec/types.ts";
import type { Prepared } from "./prepare.ts";
import type { PortRow, ServiceRow, Store } from "./store.ts";
import { publishedPort } from "./table.ts";

/**
 * A service that the file has no more, and what of its own others of the file want, as when it got another name. Its ports and domains
 * stay with it until they have succeeded, and then it goes (docs/stackfile.md). Of its volumes it must let go before they start:
 * nobody declared two writers (law 6). Of ports of `mode: host` and of UDP, too: the engine publishes one once.
 */
export interface Handover {
  readonly orphan: ServiceRow;
  /** Services of the file that claim a port or a domain of it. */
  readonly heirs: readonly string[];
  readonly claim: Claim | null;
  /** A service of the file that writes to a volume of it; null: none does. */
  readonly writer: { readonly service: string; readonly volume: string } | null;
  /** A claim of the file that its instances' own port stands against; null: none does. */
  readonly bound: Claim | null;
}

/** Services that run and that the file does not have. */
export const orphansOf = (rows: readonly ServiceRow[], { name, services }: Pick<StackSpec, "name" | "services">): ServiceRow[] =>
  rows.filter((row) => row.stack === name && !row.removed && !(row.service in services));

const orphanInWords = ({ service, stopped }: Pick<ServiceRow, "service" | "stopped">): string =>
  `${service}, which is not in the file and ${stopped ? "is only stopped" : "goes on running"}`;

/** What every orphan hands over; those of which nobody wants anything are among them. */
export async function handovers(store: Store, spec: StackSpec): Promise<readonly Handover[]> {
  const rows = await store.services(spec.name);
  const orphans = orphansOf(rows, spec);
  if (orphans.length === 0) return [];
  const written = new Map<string, ReadonlySet<string>>();
  for (const row of rows) if (!row.removed) written.set(row.service, volumesOf(await store.revision(row, row.target)));
  const ports = await store.ports();
  return Promise.all(
    orphans.map(async (orphan) => {
      // In the middle of a deployment what it has is its last good revision's.
      const revisions = await Promise.all(
        [...new Set([orphan.stable ?? orphan.target, orphan.target])].map((n) => store.revision(orphan, n)),
      );
      const own = revisions.flatMap((one) => (one === null ? [] : claimsOf(orphan.service, withGiven(one, ports)).map(whole)));
      const wanted = Object.entries(spec.services).flatMap(([name, service]) => {
        const theirs = claimsOf(name, service);
        return own.flatMap((one) => firstClash([one, ...theirs])?.[1] ?? []).slice(0, 1);
      });
      const heirs = wanted.map(({ service }) => service);
      const bound = revisions.flatMap((one) => (one === null ? [] : boundClaims(orphan.service, one.spec)));
      const theirs = Object.entries(spec.services).flatMap(([name, service]) => boundClaims(name, service));
      return {
        ...{ orphan, heirs, claim: wanted[0] ?? null, writer: writerOf(spec, orphan.service, written) },
        bound: theirs.find((claim) => bound.some((one) => firstClash([one, claim]) !== null)) ?? null,
      };
    }),
  );
}

/** Ports that the engine publishes for an instance. */
export const boundClaims = (service: string, spec: ServiceSpec): Claim[] => claimsOf(service, { ports: boundPorts(spec), domains: [] });

/** An orphan shares no domain: its weight was one of a file that is no more. */
const whole = (claim: Claim): Claim => ({ ...claim, weight: null });

function withGiven({ stack, service, spec }: Revision, ports: readonly PortRow[]): ServiceSpec {
  const own = ports.filter((port) => port.stack === stack && port.service === service);
  const given = new Map(own.map((port) => [`${port.target}/${port.protocol}`, port.published]));
  return {
    ...spec,
    ports: spec.ports.map((port) => (port.mode === "host" ? port : { ...port, published: publishedPort(port, given) })),
  };
}

/** A port or a domain that the file takes from one service and gives to another; both are of it, and both change. */
export interface Move {
  readonly from: string;
  readonly to: string;
  readonly claim: Claim;
}

/**
 * What changes hands between services that stay: each is served by the one that has it until both have succeeded. Ports of `mode: host`
 * and of UDP are the instances' own, and no two can have one at once. Raises INS1009 where either is pinned: it lets go of nothing, or takes nothing.
 */
export async function movesOf(store: Store, { name, services }: StackSpec, prepared: readonly Prepared[]): Promise<readonly Move[]> {
  const action = new Map(prepared.map((one) => [one.key.service, one.action]));
  const ports = await store.ports();
  const found: Move[] = [];
  for (const row of await store.services(name)) {
    const holds = row.removed || row.stable === null ? null : await store.revision(row, row.stable);
    const from = row.service;
    const file = services[from];
    if (holds === null || file === undefined || action.get(from) === "none") continue;
    // What it shares from now on it does not lose.
    const stays = new Set(claimsOf(from, file).map(({ kind, key }) => `${kind} ${key}`));
    const own = claimsOf(from, routed(withGiven(holds, ports))).filter(({ kind, key }) => !stays.has(`${kind} ${key}`));
    for (const [to, does] of action) {
      const spec = to === from || does === "none" ? undefined : services[to];
      const claim = spec === undefined ? undefined : firstClash([...own, ...claimsOf(to, routed(spec))])?.[1];
      if (claim === undefined) continue;
      const [pinned, why] =
        action.get(from) === "pinned" ? [from, "keeps it"] : does === "pinned" ? [to, "takes nothing from the file"] : [];
      if (pinned !== undefined)
        throw new InstarError("INS1009", `the ${claim.kind} ${claim.key} of ${to} belongs to ${from}, and ${pinned} is pinned and ${why}`, {
          hint: `--unpin takes the file for ${pinned} too`,
        });
      found.push({ from, to, claim });
    }
  }
  return found;
}

const routed = (spec: ServiceSpec): ServiceSpec => ({ ...spec, ports: ingressPorts(spec) });

/** Binds by their path; what is no data (a socket, a device) nobody minds to share. */
const writtenBy = ({ mounts }: Pick<ServiceSpec, "mounts">): string[] =>
  mounts.flatMap(({ kind, source, readOnly }) =>
    source === null || readOnly || (kind === "bind" && NO_DATA.test(source)) ? [] : [source],
  );
const NO_DATA = /^\/(dev|proc|sys|run|var\/run)(\/|$)|\.sock$|^\/etc\/(localtime|timezone)$/;

/** Named volumes that its instances write to, and folders of the host. */
export const volumesOf = (revision: Pick<Revision, "spec" | "volumeNames"> | null): ReadonlySet<string> =>
  new Set(revision === null ? [] : writtenBy(revision.spec).map((key) => revision.volumeNames[key] ?? key));

/** A folder of the host is its path. */
export const volumeInWords = (volume: string, whose = "the"): string => (volume.startsWith("/") ? volume : `${whose} volume ${volume}`);

/** Who writes to it already does so by an earlier file, which had both. */
function writerOf(spec: StackSpec, orphan: string, written: ReadonlyMap<string, ReadonlySet<string>>): Handover["writer"] {
  for (const [service, own] of Object.entries(spec.services))
    for (const key of writtenBy(own)) {
      const { name: volume = key, shared = null } = spec.volumes[key] ?? {};
      if (shared !== true && written.get(orphan)?.has(volume) === true && written.get(service)?.has(volume) !== true)
        return { service, volume };
    }
  return null;
}

/**
 * What two services would have at once is refused. Raises INS1009 for a port or a domain where nothing is pruned, INS2091 for a volume
 * there, and where the stack is atomic: what goes first cannot come back with the rest.
 */
export function refuseTwoOwners(found: readonly Handover[], { prune, spec }: { readonly prune: boolean; readonly spec: StackSpec }): void {
  for (const { orphan, claim, writer, bound } of found) {
    const there = orphanInWords(orphan);
    if (writer !== null && !prune)
      throw new InstarError("INS2091", `${writer.service} would write to ${volumeInWords(writer.volume)} beside ${there}`, {
        hint: `--prune removes ${orphan.service} first, and the volume stays; or declare the volume shared: x-instar: { shared: true }`,
      });
    if (writer !== null && spec.atomic)
      throw new InstarError(
        "INS2091",
        `${orphan.service} must let go of ${volumeInWords(writer.volume)} first, and could not come back with the rest`,
        {
          hint: `take ${orphan.service} away with an up --prune of its own, or leave out x-instar.atomic for this one`,
        },
      );
    const refused = bound ?? claim;
    if (refused !== null && !prune)
      throw new InstarError("INS1009", `the ${refused.kind} ${refused.key} of ${refused.service} belongs to ${there}`, {
        hint:
          bound === null
            ? `--prune removes ${orphan.service} once ${refused.service} has succeeded, without a pause`
            : `--prune removes ${orphan.service} first: the instances have this port themselves, and nobody has it in between`,
      });
    if (bound !== null && spec.atomic)
      throw new InstarError(
        "INS1009",
        `${orphan.service} must let go of the port ${bound.key} first, and could not come back with the rest`,
        {
          hint: `take ${orphan.service} away with an up --prune of its own, or leave out x-instar.atomic for this one`,
        },
      );
  }
}

/** Of what has begun, between whom ports and domains change hands; and the orphans that stay until these have succeeded. */
export function takingOver<T extends { readonly service: string }>(
  found: readonly Handover[],
  moves: readonly Move[],
  begun: readonly T[],
): { readonly together: readonly T[]; readonly later: readonly string[] } {
  const waiting = found.filter(
    ({ heirs, writer, bound }) => writer === null && bound === null && begun.some(({ service }) => heirs.includes(service)),
  );
  const names = new Set([...waiting.flatMap(({ heirs }) => heirs), ...moves.flatMap(({ from, to }) => [from, to])]);
  return { together: begun.filter(({ service }) => names.has(service)), later: waiting.map(({ orphan }) => orphan.service) };
}

const portInWords = ({ service, key }: Claim): string => `instances of ${service} have its port ${key} themselves`;

/** What goes first, and what once others have succeeded, in words. */
export const handoversInWords = (found: readonly Handover[], moves: readonly Move[]): Notice[] => [
  ...found.flatMap(({ orphan: { service }, heirs, writer, bound }) => {
    const why = writer !== null ? `${writer.service} writes to ${volumeInWords(writer.volume, "its")}` : bound && portInWords(bound);
    if (why !== null) return [{ code: "hands-over", message: `${service} goes first: ${why}`, at: null }];
    if (heirs.length === 0) return [];
    return [{ code: "hands-over", message: `${service} serves until ${heirs.join(", ")} has succeeded, and goes then`, at: null }];
  }),
  ...moves.map(({ from, to, claim }) => ({
    code: "hands-over",
    message: `the ${claim.kind} ${claim.key} is ${from}'s until ${from} and ${to} have succeeded, both or none, and ${to}'s then`,
    at: null,
  })),
];
