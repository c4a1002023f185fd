import type { CauseKind, DeploymentView } from "../../src/reconcile/control.ts";
import type { Installation } from "../e2e/installation.ts";
import { pause } from "../e2e/until.ts";
import type { BroadLoad } from "../load/broad.ts";
import type { Incident } from "./allowed.ts";
import { type Absence, type Asked, notTaken } from "./answers.ts";
import type { Member } from "./fleet.ts";

/** Something that was done, and what came of it: the story around a loss. */
export interface Deed {
  readonly at: number;
  readonly endedAt: number;
  /** null: to the daemon or the router. */
  readonly service: string | null;
  readonly what: string;
  readonly outcome: string;
}

/** What the run knows while it goes on. */
export interface Scene {
  readonly instar: Installation;
  readonly fleet: readonly Member[];
  readonly load: BroadLoad;
  readonly incidents: Incident[];
  readonly absences: Absence[];
  readonly deeds: Deed[];
  /** What went wrong besides requests. */
  readonly faults: string[];
  readonly say: (line: string) => void;
}

const AWAY: ReadonlySet<string> = new Set(["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"]);
const AGAIN_MS = 200;
/** Far beyond what any deployment of these services takes, holds and rollbacks included. */
const PATIENCE_MS = 240_000;

/** The answer, or null from a daemon that is being killed, or that has no router at the moment. */
async function orAway<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (AWAY.has((error as NodeJS.ErrnoException).code ?? "") || String(error).includes("INS4002")) return null;
    throw error;
  }
}

/** Asked again until a daemon answers. */
export async function asked<T>({ instar }: Scene, path: string): Promise<T> {
  const limit = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await orAway(instar.ask<T>(path));
    if (answer !== null) return answer;
    if (Date.now() > limit) throw new Error(`${path}: no daemon has answered for ${PATIENCE_MS / 1000} s`);
    await pause(AGAIN_MS);
  }
}

/** Newest first. */
const history = async (scene: Scene, { stack, service }: Member): Promise<readonly DeploymentView[]> =>
  (await asked<{ deployments: DeploymentView[] }>(scene, `/v1/stacks/${stack}/services/${service}/history`)).deployments;
const newest = async (scene: Scene, member: Member): Promise<DeploymentView | null> => (await history(scene, member))[0] ?? null;

/** The number of the newest deployment of the service: what has a larger one came later. */
export const newestNumber = async (scene: Scene, member: Member): Promise<number> => numberOf(await newest(scene, member));
export const numberOf = (one: DeploymentView | null): number => (one === null ? 0 : Number(one.id.slice(1)));

/** The deployment that was asked for since, and not one for drift that came beside it; null: there is none. */
export const begunSince = async (scene: Scene, member: Member, before: number, kind: CauseKind): Promise<DeploymentView | null> =>
  (await history(scene, member)).findLast((one) => numberOf(one) > before && one.cause.kind === kind) ?? null;

/** The newest deployment of the service, once it has ended. */
export async function settled(scene: Scene, member: Member): Promise<DeploymentView | null> {
  const limit = Date.now() + PATIENCE_MS;
  let latest = await newest(scene, member);
  while (latest !== null && latest.endedAt === null) {
    if (Date.now() > limit) {
      scene.faults.push(`${latest.id} of ${member.name} has not ended after ${PATIENCE_MS / 1000} s`);
      return latest;
    }
    await pause(AGAIN_MS);
    latest = (await asked<{ deployment: DeploymentView }>(scene, `/v1/deployments/${latest.id}`)).deployment;
    // One for drift may have followed it.
    if (latest.endedAt !== null) latest = await newest(scene, member);
  }
  return latest;
}

export interface Moved {
  readonly asked: Asked;
  /** null: none was begun. */
  readonly deployment: DeploymentView | null;
  /** In words; null: it was not refused. */
  readonly refusal: string | null;
}

/**
 * Asks for a change and waits for its end. No deployment: it was refused, or not taken because the daemon died under the question or
 * had no router; that nobody was away then is a fault. `ask` says false when it found nobody.
 */
export async function moved(scene: Scene, member: Member, kind: CauseKind, ask: () => Promise<unknown>): Promise<Moved> {
  const before = await newestNumber(scene, member);
  const from = Date.now();
  let refusal: string | null = null;
  let answer: unknown = null;
  try {
    answer = await orAway(ask());
  } catch (error) {
    refusal = String(error).slice(0, 300);
  }
  const taken = { from, to: Date.now(), away: refusal === null && (answer === null || answer === false) };
  await settled(scene, member);
  const deployment = await begunSince(scene, member, before, kind);
  const wrong = deployment === null && refusal === null ? notTaken(taken, scene.absences) : null;
  if (wrong !== null) scene.faults.push(`${kind} of ${member.name} ${wrong}`);
  return { asked: taken, deployment, refusal };
}
