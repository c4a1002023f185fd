import { killHaproxy } from "../e2e/kill-haproxy.ts";
import { pause, until } from "../e2e/until.ts";
import type { Random } from "../simulation/random.ts";
import type { Absence } from "./answers.ts";
import type { Scene } from "./scene.ts";

export type Disturbance = "daemon" | "haproxy" | "worker" | "replace";

/** To the daemon and the router, one at a time. */
export async function disturb(scene: Scene, what: Disturbance, chance: Random): Promise<void> {
  const at = Date.now();
  const outcome = await DOING[what](scene, chance);
  scene.deeds.push({ at, endedAt: Date.now(), service: null, what: WORDS[what], outcome });
}

const WORDS: Readonly<Record<Disturbance, string>> = {
  daemon: "kill -9 of the daemon",
  haproxy: "kill -9 of HAProxy's master",
  worker: "kill -9 of HAProxy's worker",
  replace: "the router replaced",
};

const DOING: Readonly<Record<Disturbance, (scene: Scene, chance: Random) => Promise<string>>> = {
  async daemon({ instar, absences }, chance) {
    const away = chance.whole(100, 3_000);
    await during(absences, "daemon", async () => {
      await instar.kill();
      await pause(away);
      await instar.up();
    });
    return `started again after ${away} ms`;
  },
  haproxy: (scene) => killRouter(scene, "master"),
  worker: (scene) => killRouter(scene, "worker"),
  replace: ({ instar, absences }) =>
    during(absences, "router", async () => {
      const before = await instar.router();
      // It answers once the old one has gone, which waits for its connections.
      const replaced = instar.ask<object>("/v1/router/replace", "POST").then(
        () => "done",
        (error: unknown) => String(error).slice(0, 200),
      );
      await until("a router beside the old one", async () => (await instar.routers()).some((one) => one.id !== before.id));
      const said = await replaced;
      await until("the old router to go", async () => (await instar.routers()).every((one) => one.id !== before.id), 120_000);
      return said;
    }),
};

/** Somebody is away until this is done: who asks meanwhile may find nobody. */
async function during<T>(absences: Absence[], what: Absence["what"], work: () => Promise<T>): Promise<T> {
  const absence: Absence = { what, from: Date.now(), to: Number.POSITIVE_INFINITY };
  absences.push(absence);
  const done = await work();
  absence.to = Date.now();
  return done;
}

async function killRouter(scene: Scene, what: "master" | "worker"): Promise<string> {
  const { instar, fleet, absences, incidents } = scene;
  const before = await until("one router", async () => (await instar.routers()).length === 1 && (await instar.router()));
  const [port = 0] = fleet.map((one) => one.port);
  return during(absences, "router", async () => {
    const { killedAt, listening } = killHaproxy(before, what, port);
    const killed = { kind: "router-killed" as const, at: killedAt, backAt: Number.POSITIVE_INFINITY };
    incidents.push(killed);
    killed.backAt = await listening;
    return `nobody listened for ${killed.backAt - killed.at} ms`;
  });
}
