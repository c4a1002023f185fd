import type { InstanceView } from "../../src/reconcile/control.ts";
import { rude, type Variant } from "../apps/images.ts";
import type { Container } from "../e2e/containers.ts";
import { Past } from "./past.ts";

/** What kind of service it is: how many instances it has, whether entering one replaces it, whether it may have only one writer. */
export type Kind = "two" | "three" | "single" | "writer" | "enforced";
const KINDS: readonly Kind[] = ["two", "single", "writer", "enforced", "three"];
const REPLICAS: Readonly<Record<Kind, number>> = { two: 2, three: 3, single: 1, writer: 1, enforced: 2 };
const A_STACK_HAS = 5;

/** One service, and what it should be now. */
export interface Member {
  readonly stack: string;
  readonly service: string;
  /** `stack/service` */
  readonly name: string;
  readonly kind: Kind;
  readonly port: number;
  image: Variant;
  replicas: number;
  /** Another number, another environment. */
  edition: number;
  readonly past: Past;
}

/** So many services, five to a stack, of every kind in turn. */
export function fleetOf(count: number, ports: readonly number[]): readonly Member[] {
  return Array.from({ length: count }, (_, n) => {
    const kind = KINDS[n % KINDS.length] ?? "two";
    const [stack, service] = [`soak${Math.floor(n / A_STACK_HAS) + 1}`, `${kind}${n + 1}`];
    const port = ports[n] ?? 0;
    const now = { image: "v1", replicas: REPLICAS[kind], edition: 1 } as const;
    return { stack, service, name: `${stack}/${service}`, kind, port, ...now, past: new Past() };
  });
}

export const stacksOf = (fleet: readonly Member[]): readonly string[] => [...new Set(fleet.map(({ stack }) => stack))];

/** A file, as it should be now, has succeeded as this revision. */
export function wasApplied({ past, image, edition, replicas }: Member, revision: number): void {
  past.became({ revision, image, edition, replicas });
  past.replicasBy = "file";
}

/** The stack file as it should be now: written as a user would write it. */
export function fileOf(fleet: readonly Member[], stack: string): object {
  const own = fleet.filter((one) => one.stack === stack);
  return { services: Object.fromEntries(own.map((one) => [one.service, serviceOf(one)])) };
}

function serviceOf({ name, kind, port, image, replicas, edition }: Member): object {
  return {
    image: rude(image),
    ports: [`${port}:8080`],
    // Each answer says whose it is, so that one of another service is seen.
    environment: { APP: name, EDITION: String(edition) },
    stop_grace_period: "2s",
    deploy: { replicas },
    ...(kind === "writer" ? { volumes: ["/data"] } : {}),
    "x-instar": {
      ready: { http: "/healthz", timeout: "20s" },
      drain: "3s",
      ...(kind === "enforced" ? { immutable: "enforce" } : {}),
    },
  };
}

/** How what runs differs from what should, of one service; empty when it does not. `containers`: of the whole installation. */
export function unequal(member: Member, views: readonly InstanceView[], containers: readonly Container[]): readonly string[] {
  const own = views.filter((one) => one.stack === member.stack && one.service === member.service);
  const serving = own.filter(({ phase }) => phase === "serving");
  const found: string[] = [];
  const slots = serving.map(({ slot }) => slot).sort((a, b) => a - b);
  if (slots.join() !== Array.from({ length: member.replicas }, (_, n) => n + 1).join())
    found.push(`slots ${slots.join(", ") || "none"} serve, 1 to ${member.replicas} should`);
  for (const one of serving) if (one.image !== rude(member.image)) found.push(`${one.name} is ${one.image}, not ${rude(member.image)}`);
  const known = new Map(own.map((one) => [one.name, one.phase]));
  for (const { name, phase } of own) if (phase !== "serving" && phase !== "evidence") found.push(`${name} is ${phase}`);
  for (const one of containers) {
    if (one.service !== member.service || !one.name.startsWith(`${member.stack}-`)) continue;
    const phase = known.get(one.name);
    if (phase === undefined) found.push(`${one.name} is a container that Instar does not show`);
    else if ((one.state === "running") !== (phase === "serving")) found.push(`${one.name} is ${phase}, and its container ${one.state}`);
    if (phase === "serving" && !one.environment.includes(`EDITION=${member.edition}`)) found.push(`${one.name} has another environment`);
  }
  return found.map((line) => `${member.name}: ${line}`);
}
