import { Readable } from "node:stream";
import { InstarError } from "../../src/errors.ts";
import type { DriftControl, DriftView } from "../../src/reconcile/drift-control.ts";

/** One instance that somebody entered. */
export class StandInDrift implements DriftControl {
  view: DriftView = {
    watching: { since: 1000, seen: 2000 },
    gaps: [],
    instances: [
      {
        ...{
          name: "shop-web-r1-1-a1",
          stack: "shop",
          service: "web",
          verdict: "tainted",
          because: "exec by a client of the engine: sh",
          more: false,
        },
        causes: [{ kind: "exec", detail: "sh", at: 1500, by: "a client of the engine" }],
      },
    ],
    gone: [],
  };

  list: DriftControl["list"] = async () => this.view;
  heal: DriftControl["heal"] = async () => null;
  suggest: DriftControl["suggest"] = async (key) => ({
    ...key,
    ...{ instances: 2, scratch: ["/tmp"], volumes: [], image: [], lines: ["services:", "  web:", "    x-instar:"] },
  });
  export: DriftControl["export"] = async (name) => {
    if (name !== "shop-web-r1-1-a1") throw new InstarError("INS3022", `there is no instance ${name}`);
    return Readable.from(["a tar of its layer"]);
  };
}
