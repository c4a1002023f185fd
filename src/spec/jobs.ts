import { isDeepStrictEqual } from "node:util";
import { suggest } from "../lib/suggest.ts";
import { asMap } from "./deploy.ts";
import { show } from "./names.ts";
import { child, descend, fail, type MapNode, type Node } from "./node.ts";
import { notice, type Scene } from "./scene.ts";
import type { JobSpec, JobsSpec, ServiceSpec } from "./types.ts";
import { duration, mapping, text } from "./values.ts";

export const JOB_MOMENTS = ["before", "after"] as const;
type Moment = (typeof JOB_MOMENTS)[number];

/** A migration may take long; what has not ended by then is stopped. */
export const JOB_TIMEOUT_MS = 3_600_000;

/** A job as a service's `x-instar` names it. */
interface Named {
  readonly owner: string;
  readonly moment: Moment;
  readonly service: string;
  readonly timeoutMs: number;
  readonly at: Node;
}

/** Every job that these services name. Raises INS1004. */
export function namedJobs(services: Iterable<readonly [string, Node]>): readonly Named[] {
  return [...services].flatMap(([owner, node]) => {
    const own = node.kind === "map" ? asMap(node, "x-instar") : null;
    const jobs = own === null ? null : asMap(own, "jobs");
    return JOB_MOMENTS.flatMap((moment): Named[] => {
      const at = jobs === null ? null : child(jobs, moment);
      return at === null ? [] : [{ owner, moment, ...readJob(at), at }];
    });
  });
}

/** `migrate`, or `{ service: migrate, timeout: 30m }`. */
function readJob(node: Node): Pick<Named, "service" | "timeoutMs"> {
  if (node.kind !== "map") return { service: text(node), timeoutMs: JOB_TIMEOUT_MS };
  const service = child(node, "service") ?? fail("INS1004", node, "needs the key service", "write before: migrate");
  const timeout = child(node, "timeout");
  return { service: text(service), timeoutMs: timeout === null ? JOB_TIMEOUT_MS : duration(timeout) };
}

/**
 * Services that are jobs leave the stack's services and stand in the spec of each service that names them: a revision has its jobs
 * as they were, for ever. Raises INS1045 (no such service), INS1046 (a service that cannot be a job).
 */
export function placeJobs(
  scene: Scene,
  all: MapNode,
  named: readonly Named[],
  services: Readonly<Record<string, ServiceSpec>>,
): { readonly services: Readonly<Record<string, ServiceSpec>>; readonly jobs: Readonly<Record<string, ServiceSpec>> } {
  const names = new Set(named.map(({ service }) => service));
  for (const one of named) refuseAsJob(scene, all, one, services, names);
  const jobs = Object.fromEntries(Object.entries(services).filter(([name]) => names.has(name)));
  const rest = Object.entries(services).filter(([name]) => !names.has(name));
  return {
    jobs,
    services: Object.fromEntries(
      rest.map(([name, spec]) => {
        const own = named.filter(({ owner }) => owner === name);
        for (const dependency of Object.keys(spec.dependsOn))
          if (names.has(dependency) && !own.some(({ service }) => service === dependency))
            fail(
              "INS1046",
              child(mapping(child(all, name) ?? all), "depends_on") ?? all,
              `${show(dependency)} is a job and does not run by itself`,
              `depend on the service whose job it is, or name it under x-instar.jobs of ${name} too`,
            );
        if (own.length === 0) return [name, spec];
        const placed: JobsSpec = Object.fromEntries(own.map((one) => [one.moment, place(one, spec, jobs[one.service] ?? spec, names)]));
        return [name, { ...spec, dependsOn: without(spec.dependsOn, names), jobs: placed }];
      }),
    ),
  };
}

function place(named: Named, owner: ServiceSpec, { jobs: _, hooks: __, ...spec }: ServiceSpec, names: ReadonlySet<string>): JobSpec {
  const same = spec.build === null ? spec.image === owner.image : owner.build !== null && isDeepStrictEqual(spec.build, owner.build);
  const scratch = spec.mounts.filter(({ kind, source }) => kind === "volume" && source === null);
  return {
    service: named.service,
    timeoutMs: named.timeoutMs,
    image: same ? "revision" : "own",
    spec: {
      ...spec,
      // What has no name would be left behind after every run.
      mounts: spec.mounts.filter((mount) => !scratch.includes(mount)),
      tmpfs: [...spec.tmpfs, ...scratch.map(({ target }) => ({ target, sizeBytes: null, mode: null }))],
      restart: { policy: "no", maxAttempts: 0 },
      dependsOn: without(spec.dependsOn, new Set([...names, named.owner])),
    },
  };
}

const without = (dependsOn: ServiceSpec["dependsOn"], names: ReadonlySet<string>): ServiceSpec["dependsOn"] =>
  Object.fromEntries(Object.entries(dependsOn).filter(([name]) => !names.has(name)));

function refuseAsJob(
  scene: Scene,
  all: MapNode,
  { owner, moment, service, at }: Named,
  services: Readonly<Record<string, ServiceSpec>>,
  names: ReadonlySet<string>,
): void {
  const spec = Object.hasOwn(services, service) ? services[service] : undefined;
  const where = child(all, service) ?? at;
  if (spec === undefined) {
    const near = suggest(service, [...all.entries.keys()]);
    return fail("INS1045", at, `there is no service ${show(service)}`, near === null ? undefined : `did you mean ${near}?`);
  }
  if (service === owner || names.has(owner)) fail("INS1046", at, `${owner} is a job itself`, "a job has no jobs: name it from the service");
  if (spec.ports.length > 0 || spec.domains.length > 0)
    fail("INS1046", where, "a job takes no traffic", "remove its ports and domains, or start it as a service");
  if (spec.replicas !== 1) fail("INS1046", where, "a job runs once", "remove its replicas");
  const built = services[owner]?.build ?? null;
  if (spec.build !== null && !isDeepStrictEqual(spec.build, built))
    fail("INS1046", where, "a job is not built by itself", `give it the build of ${owner}, or an image`);
  for (const key of ["context", "hooks"] as const)
    if (spec[key] !== undefined)
      fail("INS1046", descend(where, ["x-instar", key]), `a job has no ${key}`, `write it under x-instar of ${owner}, or leave it out`);
  if (moment === "before" && Object.hasOwn(spec.dependsOn, owner))
    fail("INS1046", where, `it runs before ${owner} and cannot depend on it`, "make it the job after");
  if (spec.restart.policy !== "no") notice(scene, "job-restart", where, "a job runs once: restart is not heard");
}
