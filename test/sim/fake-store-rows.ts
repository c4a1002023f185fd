import type { FollowRow, FollowStore } from "../../src/reconcile/autoredeploy-store.ts";
import type { ContextRow, ContextRows, ToldRow } from "../../src/reconcile/context-store.ts";
import type { DriftStore, GapRow, HealRow, LookRow, TouchRow, VigilRow } from "../../src/reconcile/drift-store.ts";
import type { DeclaredExec } from "../../src/reconcile/execution.ts";
import type { FreezeRow, FreezeStore } from "../../src/reconcile/freeze-store.ts";
import type { GroupRow, GroupStore } from "../../src/reconcile/groups-store.ts";
import type { JobRow, JobStore } from "../../src/reconcile/jobs-store.ts";
import type { PullStore } from "../../src/reconcile/pull-store.ts";
import type { DeliveryRow, TriggerRow, TriggerStore } from "../../src/reconcile/trigger-store.ts";
import { type Journal, Log, Table } from "./fake-store-tables.ts";

/** Of declared executions. */
const KEPT = 1000;

const numberOf = (id: string): number => Number(id.slice(1));

interface Asked {
  readonly stack?: string;
  readonly service?: string;
  readonly id?: string;
}
const isOf =
  ({ stack, service, id }: Asked) =>
  (row: Required<Asked>): boolean =>
    (stack === undefined || row.stack === stack) &&
    (service === undefined || row.service === service) &&
    (id === undefined || row.id === id);

export function fakeDrift(journal: Journal): DriftStore {
  const [touches, gaps, heals] = [new Log<TouchRow>(journal), new Log<GapRow>(journal), new Log<HealRow>(journal)];
  const looks = new Table<LookRow>(journal, ({ id }) => [id]);
  const vigils = new Table<VigilRow>(journal);
  return {
    async addTouch(touch) {
      const { id, at, kind, detail } = touch;
      if (touches.rows.some((row) => row.id === id && row.at === at && row.kind === kind && row.detail === detail)) return false;
      touches.add({ ...touch, seq: (touches.rows.at(-1)?.seq ?? 0) + 1 });
      return true;
    },
    touches: async ({ since, ...of } = {}) => touches.rows.filter((row) => isOf(of)(row) && (since === undefined || row.at >= since)),

    async addGap(gap) {
      gaps.add({ ...gap, seq: (gaps.rows.at(-1)?.seq ?? 0) + 1 });
    },
    gaps: async (since) => gaps.rows.filter(({ to }) => since === undefined || to >= since),

    looks: async (of = {}) => looks.where(isOf(of)),
    putLook: async (look) => looks.put(look, look.id),
    dropLook: async (id) => looks.drop(id),

    vigil: async () => vigils.get("watch"),
    putVigil: async (row) => vigils.put(row, "watch"),

    heals: async ({ stack, service }, since) => heals.rows.filter((row) => row.at >= since && isOf({ stack, service })({ ...row, id: "" })),
    addHeal: async (heal) => void heals.add(heal),
  };
}

export function fakeJobs(journal: Journal): JobStore & GroupStore {
  // "before" comes before "after" in time, and behind it in the alphabet.
  const jobs = new Table<JobRow>(journal, ({ deployment, moment }) => [numberOf(deployment), moment === "before" ? 0 : 1]);
  const groups = new Table<GroupRow>(journal);
  const cursors = new Table<{ readonly seq: number }>(journal);
  return {
    job: async (deployment, moment) => jobs.get(deployment, moment),
    jobsOf: async (deployment) => jobs.where((row) => row.deployment === deployment),
    openJobs: async ({ stack, service }) => jobs.where((row) => row.stack === stack && row.service === service && !row.closed),
    putJob: async (row) => jobs.put(row, row.deployment, row.moment),
    cursor: async (name) => cursors.get(name)?.seq ?? null,
    putCursor: async (name, seq) => cursors.put({ seq }, name),

    group: async (id) => groups.get(id),
    async addGroup(row) {
      const id = `G${groups.all().length + 1}`;
      groups.put({ ...row, id }, id);
      return { ...row, id };
    },
    async putGroup(row) {
      if (groups.get(row.id) !== null) groups.put(row, row.id);
    },
  };
}

export function fakeFreezes(journal: Journal): FreezeStore & ContextRows {
  const freezes = new Table<FreezeRow>(journal, ({ volume }) => [volume]);
  const executions = new Log<DeclaredExec>(journal);
  const contexts = new Table<ContextRow>(journal);
  const told = new Table<ToldRow>(journal);
  return {
    freezes: async () => freezes.all(),
    putFreeze: async (row) => freezes.put(row, row.volume),
    dropFreeze: async (volume) => freezes.drop(volume),
    declaredExecs: async () => new Map(executions.rows.map((row) => [row.id, row])),
    async addDeclaredExec(row) {
      executions.add(row);
      const oldest = executions.rows.at(-KEPT);
      if (executions.rows.length > KEPT && oldest !== undefined) {
        const from = executions.rows.indexOf(oldest);
        const newest = new Set(executions.rows.slice(from));
        executions.keep((one) => newest.has(one));
      }
    },

    contexts: async () => contexts.all(),
    putContext: async (row) => contexts.put(row, row.stack, row.service, row.identity),
    dropContext: async ({ stack, service, identity }) => contexts.drop(stack, service, identity),
    told: async () => told.all(),
    putTold: async (row) => told.put(row, row.id),
    dropTold: async (id) => told.drop(id),
  };
}

export function fakeTriggers(journal: Journal): TriggerStore & FollowStore & PullStore {
  const triggers = new Table<TriggerRow>(journal, ({ stack, service, id }) => [stack, service, id]);
  const deliveries = new Table<DeliveryRow>(journal, ({ at }) => [at]);
  const follows = new Table<FollowRow>(journal);
  const pulls = new Table<{ readonly reference: string; readonly at: number }>(journal);
  return {
    triggers: async () => triggers.all(),
    trigger: async (id) => triggers.get(id),
    putTrigger: async (row) => triggers.put(row, row.id),
    async dropTrigger(id) {
      triggers.drop(id);
      deliveries.dropWhere(({ trigger }) => trigger === id);
    },
    delivery: async (trigger, key) => deliveries.get(trigger, key),
    putDelivery: async (row) => deliveries.put(row, row.trigger, row.key),
    owedCallbacks: async () => deliveries.where(({ callback }) => callback !== null),
    dropDeliveries: async (before) => deliveries.dropWhere(({ at }) => at < before),

    followed: async ({ stack, service }) => follows.get(stack, service),
    putFollow: async (row) => follows.put(row, row.stack, row.service),
    pulls: async () => pulls.all().map(({ reference }) => reference),
    putPull: async (reference, at) => pulls.put({ reference, at }, reference),
    dropPull: async (reference) => pulls.drop(reference),
  };
}
