import type { DriftControl, DriftView } from "../../src/reconcile/drift-control.ts";

/** One instance that somebody entered. */
export class StandInDrift implements DriftControl {
  view: DriftView = {
    watching: { since: 1000, seen: 2000 },
    gaps: [],
    instances: [
      {
        ...{ name: "shop-web-r1-1-a1", stack: "shop", service: "web", verdict: "tainted", because: "exec by a client of the engine: sh" },
        causes: [{ kind: "exec", detail: "sh", at: 1500, by: "a client of the engine" }],
      },
    ],
    gone: [],
  };

  list: DriftControl["list"] = async () => this.view;
}
