import { InstarError } from "../../src/errors.ts";
import type { AutoredeployControl, PushedImage, WatchView } from "../../src/reconcile/autoredeploy-control.ts";

/** What was noticed and approved, and one service that follows a registry: `shop/web`, which waits to be let in once. */
export class StandInAutoredeploy implements AutoredeployControl {
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
