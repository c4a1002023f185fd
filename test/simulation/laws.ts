import type { FakeEngine } from "../sim/fake-engine.ts";
import type { FakeRouter } from "../sim/fake-router.ts";
import type { Setting } from "./story.ts";

/** What holds at every moment, whatever happens. The numbers are the simulator's own. */
export interface Moment {
  readonly engine: FakeEngine;
  readonly router: FakeRouter;
  readonly setting: Setting;
  /** The most replicas wanted until now. */
  readonly replicas: number;
}

interface Law {
  readonly sentence: string;
  /** null: it holds; else what was seen. */
  readonly broken: (moment: Moment) => string | null;
}

export const LAWS: readonly Law[] = [
  {
    sentence: "Of an exclusive volume there is never more than one writer.",
    broken: ({ engine, setting }) => {
      const alive = engine.control.containers().filter((one) => one.alive);
      return setting.exclusive && alive.length > 1 ? alive.map(({ blueprint }) => blueprint.name).join(" and ") : null;
    },
  },
  {
    sentence: "There are never more than twice the wanted instances.",
    broken: ({ engine, replicas }) => {
      const alive = engine.control.containers().filter((one) => one.alive);
      return alive.length > 2 * replicas ? `${alive.length} run of ${replicas}` : null;
    },
  },
  {
    sentence: "A request never reaches another instance than the one its server is named for.",
    broken: ({ engine, router }) => {
      for (const backend of router.control.table().backends)
        for (const server of backend.servers) {
          if (server.state !== "ready") continue;
          const there = engine.control.containers().find((one) => one.alive && one.blueprint.networks[0]?.address === server.address);
          if (there !== undefined && there.blueprint.name !== server.name) return `${server.name} leads to ${there.blueprint.name}`;
        }
      return null;
    },
  },
];
