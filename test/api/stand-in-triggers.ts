import { InstarError } from "../../src/errors.ts";
import type { TriggerCall, TriggerControl, TriggerView } from "../../src/reconcile/trigger-control.ts";

/** Triggers in memory, as far as the API and CLI can see them: every call of one that is there is taken. */
export class StandInTriggers implements TriggerControl {
  readonly made = new Map<string, TriggerView>();
  readonly called: TriggerCall[] = [];

  create: TriggerControl["create"] = async (key, how, who) => {
    const id = `t${this.made.size + 1}`;
    const trigger: TriggerView = { id, ...key, ...how, who, createdAt: 1, calls: { accepted: 0, refused: 0 }, last: null };
    this.made.set(id, trigger);
    return { trigger, path: `/hooks/${id}/${"s".repeat(43)}`, hmacKey: how.hmac ? "k".repeat(64) : null };
  };

  list: TriggerControl["list"] = async () => [...this.made.values()];

  remove: TriggerControl["remove"] = async (id) => {
    if (!this.made.delete(id)) throw new InstarError("INS2050", `there is no trigger ${id}`);
  };

  call: TriggerControl["call"] = async (call) => {
    this.called.push(call);
    const found = this.made.get(call.id);
    if (found === undefined) throw new InstarError("INS2050", "there is no such trigger, or its secret is another one");
    const { id: trigger, stack, service } = found;
    return { trigger, stack, service, accepted: true, deployment: "D7", replayed: false, reason: "it was resolved", pending: false };
  };
}
