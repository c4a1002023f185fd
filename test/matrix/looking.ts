import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { DeploymentView } from "../../src/reconcile/control.ts";
import type { DriftView } from "../../src/reconcile/drift-control.ts";
import { STORE_FILE } from "../../src/store/sqlite.ts";
import { instancesAmong } from "../e2e/containers.ts";
import type { Installation } from "../e2e/installation.ts";
import { weightsOf } from "../e2e/router-socket.ts";
import { pause, until } from "../e2e/until.ts";
import { type Scene, SERVICE } from "./scene.ts";
import type { Standing } from "./seen.ts";

/** Stopped by SIGSTOP, as the fault point leaves it. */
export function isHalted(pid: number): boolean {
  // "pid (comm) state …": proc(5).
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .startsWith("T");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

/** The answer, or null from a daemon that is dying under the question. */
export async function orDying<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

/** From the store's file and HAProxy's socket: nobody else can be asked while the daemon stands still. */
export async function standing(instar: Installation, deployment: string): Promise<Standing> {
  const number = Number(deployment.slice(1));
  const db = new Database(join(instar.home, STORE_FILE), { readonly: true });
  try {
    const row = db.prepare("select doc from deployments where number = ?").get(number) as { doc: string };
    const { steps } = db.prepare("select count(*) as steps from steps where deployment = ?").get(number) as { steps: number };
    return { steps, weights: await weightsIn(instar), course: courseIn(JSON.parse(row.doc)) };
  } finally {
    db.close();
  }
}

/** As the daemon tells it. */
export async function told(instar: Installation, { course, steps }: DeploymentView): Promise<Standing> {
  return { steps: steps.length, weights: await weightsIn(instar), course: courseIn({ course }) };
}

const weightsIn = async (instar: Installation): Promise<string[]> =>
  [...(await weightsOf(instar.home))].map(([name, weight]) => `${name}=${weight}`).sort();

const courseIn = ({ course }: { course?: DeploymentView["course"] }): string | null =>
  course === undefined || course === null ? null : `step ${course.at}${course.since === null ? "" : ", in force"}`;

/** What is not as it should be where everything should be at rest, in words: these replicas of one image serve, and nothing else is there. */
export async function unrest({ instar, replicas }: Scene, image: string): Promise<string[]> {
  const found: string[] = [];
  const views = (await instar.instances()).filter(({ stack, service }) => `${stack}/${service}` === SERVICE);
  const serving = views.filter(({ phase }) => phase === "serving");
  const slots = serving.map(({ slot }) => slot).sort();
  if (slots.length !== replicas || new Set(slots).size !== replicas)
    found.push(`slots ${slots.join(", ") || "none"} serve, ${replicas} should`);
  for (const one of serving) if (one.image !== image) found.push(`${one.name} serves ${one.image}`);
  const evidence = new Set(views.filter(({ phase }) => phase === "evidence").map(({ name }) => name));
  const known = new Set(serving.map(({ name }) => name));
  for (const { name, phase } of views) if (!known.has(name) && !evidence.has(name)) found.push(`${name} is ${phase}`);
  for (const { name, state } of instancesAmong(await instar.containers()))
    if (!known.has(name) && !evidence.has(name)) found.push(`the container ${name} is left, ${state}`);
  return found;
}

/** Long enough for a rude one's grace and a fresh instance after it. */
const REST_MS = 30_000;

/** The same, once there is nothing of it or after half a minute: who is struck right before the deployment ends is replaced after it. */
export async function unrestInTheEnd(scene: Scene, image: string): Promise<string[]> {
  const end = Date.now() + REST_MS;
  for (;;) {
    const found = await unrest(scene, image);
    if (found.length === 0 || Date.now() >= end) return found;
    await pause(100);
  }
}

const APP_PORT = 8080;
const AGAIN_MS = 60_000;
const TOLD_MS = 30_000;

/** When every instance that should serve answers by itself, and the published port through the router; null: not within a minute. */
export async function answeringAgain(scene: Scene): Promise<number | null> {
  const { instar, port, replicas } = scene;
  const look = async (): Promise<boolean> => {
    const views = (await instar.instances()).filter(({ stack, service }) => `${stack}/${service}` === SERVICE);
    const serving = views.filter(({ phase }) => phase === "serving");
    if (serving.length < replicas) return false;
    const answers = await Promise.all(
      [...serving.map(({ address }) => `http://${address}:${APP_PORT}/`), `http://127.0.0.1:${port}/`].map((url) => isAnswering(url)),
    );
    return answers.every(Boolean);
  };
  return until("every instance to answer again", async () => (await look()) && Date.now(), AGAIN_MS).catch(() => null);
}

async function isAnswering(url: string): Promise<boolean> {
  const answer = await fetch(url, { headers: { connection: "close" }, signal: AbortSignal.timeout(2000) });
  await answer.text();
  return answer.ok;
}

/** Whether Instar tells of a stretch of time that ended after the engine was killed, in which nobody could watch through it. */
export async function isOutageTold({ instar }: Scene, killedAt: number): Promise<boolean> {
  const look = async (): Promise<boolean> => {
    const { gaps } = await instar.ask<DriftView>("/v1/drift");
    return gaps.some(({ to, reason }) => to >= killedAt && /engine/.test(reason));
  };
  return until("the outage to be told", look, TOLD_MS).catch(() => false);
}
