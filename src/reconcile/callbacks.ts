import type { Clock } from "./ports.ts";
import type { CallBack, CallbackReport } from "./senders.ts";
import type { DeploymentRow, Store } from "./store.ts";
import type { DeliveryRow } from "./trigger-store.ts";

/** Tells those who wanted to hear it how their deployment ended: once, whether it reaches them or not. */
export class Callbacks {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #callBack: CallBack;
  #last: Promise<void> = Promise.resolve();

  constructor(store: Store, clock: Clock, callBack: CallBack) {
    this.#store = store;
    this.#clock = clock;
    this.#callBack = callBack;
  }

  /** One round after another: nobody is told twice. */
  settle(): Promise<void> {
    this.#last = this.#last.then(
      () => this.#round(),
      () => this.#round(),
    );
    return this.#last;
  }

  async #round(): Promise<void> {
    for (const row of await this.#store.owedCallbacks()) {
      const deployment = row.deployment === null ? null : await this.#store.deployment(row.deployment);
      if (deployment === null || deployment.endedAt !== null) await this.#tell(row, deployment);
    }
  }

  async #tell(row: DeliveryRow, deployment: DeploymentRow | null): Promise<void> {
    if (row.callback === null) return;
    const problem = await this.#callBack(row.callback, reportOf(row, deployment));
    const trigger = await this.#store.trigger(row.trigger);
    await this.#store.write(async (within) => {
      await within.putDelivery({ ...row, callback: null });
      await within.addEvent(this.#clock.now(), {
        kind: "trigger.callback",
        ...(trigger === null ? {} : { stack: trigger.stack, service: trigger.service }),
        ...(deployment === null ? {} : { deployment: deployment.id }),
        message: `${row.trigger}: ${problem === null ? "the sender was told how it went" : `the sender was not told how it went: ${problem}`}`,
      });
    });
  }
}

function reportOf(row: DeliveryRow, deployment: DeploymentRow | null): CallbackReport {
  if (deployment === null) return { state: "success", description: row.reason };
  const { id, outcome, reason } = deployment;
  const fine = outcome === "succeeded" || outcome === "superseded" || outcome === "unchanged";
  return { state: fine ? "success" : "failure", description: `${id} ${outcome}${reason === null ? "" : `: ${reason}`}`.slice(0, 255) };
}
