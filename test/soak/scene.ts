import type { DeploymentView } from "../../src/reconcile/control.ts";
import type { Installation } from "../e2e/installation.ts";
import { pause } from "../e2e/until.ts";
import type { BroadLoad } from "../load/broad.ts";
import type { Incident } from "./allowed.ts";
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

const newest = async (scene: Scene, { stack, service }: Member): Promise<DeploymentView | null> =>
  (await asked<{ deployments: DeploymentView[] }>(scene, `/v1/stacks/${stack}/services/${service}/history`)).deployments[0] ?? null;

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

/**
 * Asks for a change and waits for its end. null: it was not taken, because the daemon died under the question, had no router, or
 * refused it (`refusal` then has its words).
 */
export async function moved(
  scene: Scene,
  member: Member,
  ask: () => Promise<unknown>,
): Promise<{ readonly deployment: DeploymentView | null; readonly refusal: string | null }> {
  const before = await newest(scene, member);
  let refusal: string | null = null;
  try {
    await orAway(ask());
  } catch (error) {
    refusal = String(error).slice(0, 300);
  }
  const after = await settled(scene, member);
  return { deployment: after === null || after.id === before?.id ? null : after, refusal };
}
