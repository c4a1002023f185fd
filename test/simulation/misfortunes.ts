import type { FakeContainer } from "../sim/fake-container.ts";
import type { FakeEngine } from "../sim/fake-engine.ts";
import type { FakeRouter } from "../sim/fake-router.ts";
import type { FakeStore } from "../sim/fake-store.ts";
import type { Misfortune, Setting } from "./story.ts";
import type { SimulatedTime } from "./time.ts";
import type { Traffic } from "./traffic.ts";
import type { Skies } from "./weather.ts";
import type { Wishes } from "./wishes.ts";

/** From HAProxy's end until its port is bound again: a little more than is measured. */
const GAP_MS = 600;
/** The host is down so long, and the daemon comes so long after the engine. */
const HOST_DOWN_MS = 2_000;

/** What the world does to them comes from here; what people ask for and what a kill of the daemon does, from simulate.ts. */
export interface Struck {
  readonly time: SimulatedTime;
  readonly engine: FakeEngine;
  readonly router: FakeRouter;
  readonly store: FakeStore;
  readonly traffic: Traffic;
  readonly skies: Skies;
  readonly wishes: Wishes;
  readonly setting: Setting;
  /** Nobody can bring an instance back for so long. */
  readonly unable: (forMs: number) => void;
  /** The daemon is dead for so long. */
  readonly killDaemon: (forMs: number) => void;
}

export function strike(what: Misfortune, on: Struck): void {
  const { engine, router, store, traffic, skies, wishes, time } = on;
  const { control } = engine;
  const running = control.containers().filter((one) => one.state === "running");
  const nth: FakeContainer | undefined = "nth" in what ? running[what.nth % Math.max(1, running.length)] : undefined;
  switch (what.do) {
    case "end":
    case "vanish":
      if (nth === undefined) return;
      wishes.struck(nth);
      control.crash(nth.blueprint.name);
      if (what.do === "vanish") control.vanish(nth.blueprint.name);
      return;
    case "end-all":
      for (const one of running) {
        wishes.struck(one);
        control.crash(one.blueprint.name);
      }
      return;
    case "flap": {
      if (nth === undefined) return;
      const { name } = nth.blueprint;
      // One that starts may not be ready in time for it.
      wishes.struck(nth);
      // Its check lies: it takes and answers requests all the time.
      control.setReady(name, "HTTP 500");
      time.after(what.forMs, () => {
        if (control.hasContainer(name)) control.setReady(name, undefined);
      });
      return;
    }
    case "touch-router": {
      if (nth === undefined) return;
      const { name } = nth.blueprint;
      // HAProxy deletes no server that has a session (management guide, `del server`).
      router.control.meddle(name, router.control.sessions.really(name) > 0 ? "maint" : (what.to ?? "maint"));
      return;
    }
    case "disk-full":
      store.control.fill(what.after ?? 0);
      on.unable(what.forMs);
      time.after(what.forMs, () => store.control.fill(null));
      return;
    case "reboot":
      wishes.rebooted(on.setting);
      if (what.host === true) {
        traffic.cut(HOST_DOWN_MS);
        router.control.crash();
        on.killDaemon(HOST_DOWN_MS);
      }
      return control.reboot(what.cold);
    case "restart-router":
      traffic.cut(GAP_MS);
      return router.control.crash();
    case "engine-away":
      control.setDown(true);
      on.unable(what.forMs);
      time.after(what.forMs, () => control.setDown(false));
      return;
    case "router-away":
      router.control.setDown(true);
      on.unable(what.forMs);
      time.after(what.forMs, () => router.control.setDown(false));
      return;
    case "lose-events":
      control.loseEvents(true);
      on.unable(what.forMs);
      time.after(what.forMs, () => control.loseEvents(false));
      return;
    case "lose-answers":
      skies.lostShare = what.share;
      time.after(what.forMs, () => {
        skies.lostShare = 0;
      });
      return;
    default:
      return what satisfies never;
  }
}
