import { InstarError } from "../../src/errors.ts";
import type { AutoredeployControl, PushedImage, WatchView } from "../../src/reconcile/autoredeploy-control.ts";
import type { ImageControl } from "../../src/reconcile/image-control.ts";

/** What was noticed and approved, and one service that follows a registry: `shop/web`, which waits to be let in once. */
class StandInAutoredeploy implements AutoredeployControl {
  readonly pushes: { image: PushedImage; from: string }[] = [];
  readonly approvals: string[] = [];
  #waits = true;

  noticed: AutoredeployControl["noticed"] = async (image, from) => {
    this.pushes.push({ image, from });
    return [{ service: "shop/web", deployment: "D9", reason: "the registry has another image" }];
  };

  watched: AutoredeployControl["watched"] = async () => [
    {
      ...{ stack: "shop", service: "web", watches: "registry.example/shop/web:1.4" },
      ...{ everyMs: 60_000, lookedAt: 1_700_000_000_000, nextLookAt: 1_700_000_060_000 },
      candidate: this.#waits ? { tag: "1.4", digest: `sha256:${"ab".repeat(32)}`, seenAt: 1_700_000_000_000, from: "polling" } : null,
      ...(this.#waits
        ? { state: "waiting-for-approval", reason: "instar approve lets it in" }
        : { state: "up-to-date", reason: "the registry has what is wanted here" }),
    } satisfies WatchView,
  ];

  approve: AutoredeployControl["approve"] = async ({ stack, service }, who) => {
    if (!this.#waits) throw new InstarError("INS2042", `no image waits to be let in for ${stack}/${service}`);
    this.#waits = false;
    this.approvals.push(`${stack}/${service} by ${who}`);
    return { service: `${stack}/${service}`, deployment: "D9", reason: "the registry has another image" };
  };
}

/** `shop/web` with two revisions: one on the engine, one that only a registry has. */
class StandInImages implements ImageControl {
  readonly pruned: { dryRun: boolean; who: string }[] = [];

  list: ImageControl["list"] = async ({ service }) => {
    const base = { stack: "shop", service: "web", reference: "registry.example/shop/web:1.4", saved: false, detail: null };
    const all = [
      { ...base, revision: 2, current: true, kept: true, digest: `sha256:${"ab".repeat(32)}`, state: "present" as const },
      { ...base, revision: 1, current: false, kept: true, digest: `sha256:${"cd".repeat(32)}`, state: "pullable" as const },
    ];
    return service === undefined || service === "web" ? all : [];
  };

  prune: ImageControl["prune"] = async (how) => {
    this.pruned.push(how);
    return { removed: [`registry.example/shop/web@sha256:${"ef".repeat(32)}`], inUse: [], unsaved: [], bytes: how.dryRun ? 0 : 1024 };
  };
}

/** Both, for the stand-in that is a whole Control. */
export class StandInRegistry {
  readonly autoredeploy = new StandInAutoredeploy();
  readonly images = new StandInImages();
}
