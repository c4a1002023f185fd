import { InstarError } from "../errors.ts";
import { firstClash, overshared, refusalOf } from "./clash.ts";
import { checkContexts } from "./context.ts";
import { checkDependencies } from "./dependencies.ts";
import { asMap } from "./deploy.ts";
import { noteShares } from "./domains.ts";
import { checkReady } from "./instar-keys.ts";
import { namedJobs, placeJobs } from "./jobs.ts";
import { readLinks } from "./links.ts";
import { objectName } from "./names.ts";
import { type Entry, fail, type MapNode } from "./node.ts";
import { readNetwork, readVolume } from "./resources.ts";
import { notice, type Scene } from "./scene.ts";
import { gatherContents, readFiles } from "./secrets.ts";
import { readService } from "./service.ts";
import { checkSharing } from "./sharing.ts";
import { type NetworkSpec, type ServiceSpec, SPEC_VERSION, type StackSpec, type VolumeSpec } from "./types.ts";
import { boolean, mapping, optional, record, texts } from "./values.ts";
import { withVerify } from "./verify.ts";
import { readVolumesFrom } from "./volumes-from.ts";

/**
 * The meaning of a checked file: services of the active profiles, and the networks and volumes they use.
 * Raises INS1008 (unknown dependency), INS1009 (a port or domain claimed twice), INS1190, INS1191, INS1010 (circle), and what `readService` raises.
 */
export function readStack(scene: Scene, root: MapNode, profiles: ReadonlySet<string>): StackSpec {
  const all = asMap(root, "services") ?? fail("INS1004", root, "there are no services", "add services:");
  const networks = topLevel(root, "networks");
  const volumes = topLevel(root, "volumes");
  const named = namedJobs([...all.entries.values()].map(({ key, value }) => [key, value] as const));
  const oneOff = new Set(named.map(({ service }) => service));
  // A job often has a profile of its own, so that `docker compose up` does not start it.
  const active = [...all.entries.values()].filter((entry) => oneOff.has(entry.key) || isActive(scene, entry, profiles));
  const declared = { volumes: new Set(volumes.keys()), networks: new Set(networks.keys()), files: readFiles(scene, root) };
  const own = record(active.map(({ key, value }): [string, ServiceSpec] => [key, readService(scene, key, mapping(value), declared)]));
  const every = withVerify(scene, root, all, readLinks(scene, all, readVolumesFrom(all, own)));
  const { services, jobs } = placeJobs(scene, all, named, every);
  if (active.length === 0)
    fail(
      "INS1004",
      all,
      all.entries.size === 0 ? "there are no services" : "every service belongs to a profile that is not active",
      all.entries.size === 0 ? "add one" : "name the profiles in COMPOSE_PROFILES",
    );
  refuseClashes(scene);
  noteShares(scene);
  const linked = checkDependencies(all, services);
  const mounting = { ...linked, ...jobs };
  checkContexts(all, linked);
  checkReady(all, linked);
  const stack = {
    specVersion: SPEC_VERSION,
    name: scene.stack,
    services: linked,
    networks: record(
      used(scene, "network", networks, usedNetworks(mounting)).map(([key, entry]): [string, NetworkSpec] => [
        key,
        readNetwork(scene.stack, key, entry === null ? null : entry.value.kind === "map" ? entry.value : null),
      ]),
    ),
    volumes: record(
      used(scene, "volume", volumes, usedVolumes(mounting)).map(([key, entry]): [string, VolumeSpec] => [
        key,
        readVolume(scene.stack, key, entry?.value.kind === "map" ? entry.value : null),
      ]),
    ),
    atomic: optional(asMap(root, "x-instar"), "atomic", boolean, false),
  };
  gatherContents(
    scene,
    declared.files,
    Object.values(mounting).flatMap(({ files = [] }) => files),
  );
  checkSharing(scene, volumes, { ...stack, services: mounting });
  return stack;
}

function topLevel(root: MapNode, key: "networks" | "volumes"): ReadonlyMap<string, Entry> {
  const map = asMap(root, key);
  for (const [name, entry] of map?.entries ?? []) objectName(name, key.slice(0, -1), { path: entry.value.path, at: entry.at });
  return map?.entries ?? new Map();
}

/** Whether one of its profiles is active, or it has none; else a notice says so. */
export function isActive(scene: Scene, entry: Entry, profiles: ReadonlySet<string>): boolean {
  const wanted = optional(mapping(entry.value), "profiles", (node) => texts(node).map(({ value }) => value), []);
  if (wanted.length === 0 || profiles.has("*") || wanted.some((profile) => profiles.has(profile))) return true;
  notice(scene, "inactive-profile", { path: entry.value.path, at: entry.at }, `left out: its profile ${wanted.join(", ")} is not active`);
  return false;
}

const usedNetworks = (services: Readonly<Record<string, ServiceSpec>>): Set<string> =>
  new Set(Object.values(services).flatMap((service) => Object.keys(service.networks)));

const usedVolumes = (services: Readonly<Record<string, ServiceSpec>>): Set<string> =>
  new Set(
    Object.values(services).flatMap((service) =>
      service.mounts.flatMap((mount) => (mount.kind === "volume" && mount.source !== null ? [mount.source] : [])),
    ),
  );

/** As Compose, only what a service uses is made. A used key without an entry is the default network. */
function used(scene: Scene, what: string, entries: ReadonlyMap<string, Entry>, wanted: ReadonlySet<string>): [string, Entry | null][] {
  for (const [key, entry] of entries)
    if (!wanted.has(key)) notice(scene, "unused", { path: entry.value.path, at: entry.at }, `no service uses this ${what}: it is not made`);
  return [...wanted].map((key) => [key, entries.get(key) ?? null]);
}

function refuseClashes(scene: Scene): void {
  const crowded = overshared(scene.claims);
  if (crowded !== null) throw new InstarError("INS1191", `services.${crowded.service}: ${crowded.key}`, { at: crowded.at });
  const clash = firstClash(scene.claims);
  if (clash === null) return;
  const [first, second] = clash;
  const whose = first.service === second.service ? "" : ` by ${first.service}`;
  const message = `services.${second.service}: the ${second.kind} ${second.key} is already claimed${whose} at ${first.at.file}:${first.at.line}:${first.at.column}`;
  const { code, hint } = refusalOf(clash);
  throw new InstarError(code, message, { at: second.at, ...(hint === undefined ? {} : { hint }) });
}
