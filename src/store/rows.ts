import type { Kysely, Transaction } from "kysely";
import type { Head } from "../reconcile/chain.ts";
import type { EventView, ServiceKey } from "../reconcile/control.ts";
import type {
  AdoptionRow,
  CompletionRow,
  CrashRow,
  DeploymentRow,
  Fact,
  ServiceRow,
  StackRow,
  Store,
  VolumeRow,
} from "../reconcile/store.ts";
import type { Revision } from "../spec/types.ts";
import { type Chain, eventChain, eventHash } from "./chain.ts";
import { contextRows } from "./context-rows.ts";
import { driftRows } from "./drift-rows.ts";
import { asStoreError } from "./failure.ts";
import { freezeRows } from "./freeze-rows.ts";
import { groupsRows } from "./groups-rows.ts";
import { jobsRows } from "./jobs-rows.ts";
import { inTransaction } from "./one-connection.ts";
import { registryRows } from "./registry-rows.ts";
import type { Tables } from "./schema.ts";
import { tokenRows } from "./token-rows.ts";
import { triggerRows } from "./trigger-rows.ts";

const read = <T>(row: { doc: string }): T => JSON.parse(row.doc) as T;
const numberOf = (deployment: string): number => Number(/^D(\d+)$/.exec(deployment)?.[1] ?? -1);

/** The head that a transaction has signed last: the chain advances when it is committed. */
interface Signed {
  head: Head | null;
}

/** The store over one connection or one transaction. */
export function rows(db: Kysely<Tables> | Transaction<Tables>, installation: string, chain: Chain, signed: Signed = { head: null }): Store {
  const of = (key: ServiceKey) => ({ stack: key.stack, service: key.service });
  const store: Store = {
    installation,
    ...freezeRows(db),

    ...contextRows(db),
    ...eventChain(db, installation, chain),
    ...driftRows(db),

    ...triggerRows(db),
    ...tokenRows(db),
    ...registryRows(db),
    async write(work) {
      if (db.isTransaction) return work(store);
      // On a full disk SQLite rolls back by itself, and the library's own rollback then fails and hides why.
      let first: unknown;
      const signed: Signed = { head: null };
      try {
        const done = await (db as Kysely<Tables>).transaction().execute(async (tx) => {
          try {
            return await inTransaction(() => work(rows(tx, installation, chain, signed)));
          } catch (cause) {
            first = cause;
            throw cause;
          }
        });
        chain.advanced(signed.head);
        return done;
      } catch (cause) {
        throw asStoreError(first ?? cause);
      }
    },

    stacks: async () => (await db.selectFrom("stacks").select("doc").orderBy("name").execute()).map((r) => read<StackRow>(r)),
    stack: async (name) => one<StackRow>(await db.selectFrom("stacks").select("doc").where("name", "=", name).executeTakeFirst()),
    async putStack(row) {
      const doc = JSON.stringify(row);
      await db
        .insertInto("stacks")
        .values({ name: row.name, doc })
        .onConflict((c) => c.column("name").doUpdateSet({ doc }))
        .execute();
    },

    async services(stack) {
      let query = db.selectFrom("services").select("doc").orderBy("stack").orderBy("service");
      if (stack !== undefined) query = query.where("stack", "=", stack);
      return (await query.execute()).map((r) => read<ServiceRow>(r));
    },
    service: async (key) =>
      one<ServiceRow>(
        await db.selectFrom("services").select("doc").where("stack", "=", key.stack).where("service", "=", key.service).executeTakeFirst(),
      ),
    async putService(row) {
      const doc = JSON.stringify(row);
      await db
        .insertInto("services")
        .values({ ...of(row), doc })
        .onConflict((c) => c.columns(["stack", "service"]).doUpdateSet({ doc }))
        .execute();
    },

    revision: async (key, number) =>
      one<Revision>(
        await db
          .selectFrom("revisions")
          .select("doc")
          .where("stack", "=", key.stack)
          .where("service", "=", key.service)
          .where("number", "=", number)
          .executeTakeFirst(),
      ),
    revisions: async (key) =>
      (
        await db
          .selectFrom("revisions")
          .select("doc")
          .where("stack", "=", key.stack)
          .where("service", "=", key.service)
          .orderBy("number", "desc")
          .execute()
      ).map((r) => read<Revision>(r)),
    async addRevision(revision) {
      if (!db.isTransaction) return store.write((within) => within.addRevision(revision));
      const last = await db
        .selectFrom("revisions")
        .select((e) => e.fn.max("number").as("number"))
        .where("stack", "=", revision.stack)
        .where("service", "=", revision.service)
        .executeTakeFirst();
      const numbered: Revision = { ...revision, number: Number(last?.number ?? 0) + 1 };
      await db
        .insertInto("revisions")
        .values({ ...of(numbered), number: numbered.number, doc: JSON.stringify(numbered) })
        .execute();
      return numbered;
    },
    async putRevision(revision) {
      const doc = JSON.stringify(revision);
      await db
        .insertInto("revisions")
        .values({ ...of(revision), number: revision.number, doc })
        .onConflict((c) => c.columns(["stack", "service", "number"]).doUpdateSet({ doc }))
        .execute();
    },
    images: async () => (await db.selectFrom("revisions").select("doc").execute()).map((r) => read<Revision>(r).image),

    deployment: async (id) =>
      one<DeploymentRow>(await db.selectFrom("deployments").select("doc").where("number", "=", numberOf(id)).executeTakeFirst()),
    deployments: async (key, limit) =>
      (
        await db
          .selectFrom("deployments")
          .select("doc")
          .where("stack", "=", key.stack)
          .where("service", "=", key.service)
          .orderBy("number", "desc")
          .limit(limit)
          .execute()
      ).map((r) => read<DeploymentRow>(r)),
    async addDeployment(row) {
      if (!db.isTransaction) return store.write((within) => within.addDeployment(row));
      const last = await db
        .selectFrom("deployments")
        .select((e) => e.fn.max("number").as("number"))
        .executeTakeFirst();
      const number = Number(last?.number ?? 0) + 1;
      const numbered: DeploymentRow = { ...row, id: `D${number}` };
      await db
        .insertInto("deployments")
        .values({ number, ...of(row), doc: JSON.stringify(numbered) })
        .execute();
      return numbered;
    },
    async putDeployment(row) {
      await db
        .updateTable("deployments")
        .set({ doc: JSON.stringify(row) })
        .where("number", "=", numberOf(row.id))
        .execute();
    },
    async addStep(deployment, step) {
      await db
        .insertInto("steps")
        .values({ deployment: numberOf(deployment), at: step.at, do: step.do, instance: step.instance, because: step.because } as never)
        .execute();
    },
    steps: async (deployment) =>
      db
        .selectFrom("steps")
        .select(["at", "do", "instance", "because"])
        .where("deployment", "=", numberOf(deployment))
        .orderBy("seq")
        .execute(),

    async addEvent(at, event) {
      if (!db.isTransaction) return store.write((within) => within.addEvent(at, event));
      const before = await chain.tip(db);
      const view: EventView = {
        seq: (before?.seq ?? 0) + 1,
        at,
        kind: event.kind,
        stack: event.stack ?? null,
        service: event.service ?? null,
        instance: event.instance ?? null,
        deployment: event.deployment ?? null,
        message: event.message,
      };
      const hash = eventHash(before?.hash ?? "", view);
      await db
        .insertInto("events")
        .values({ ...view, hash })
        .execute();
      signed.head = await chain.sign(db, { seq: view.seq, hash });
      return view;
    },
    async events({ after, limit, stack, service }) {
      let query = db.selectFrom("events").select(["seq", "at", "kind", "stack", "service", "instance", "deployment", "message"]);
      if (stack !== undefined) query = query.where("stack", "=", stack);
      if (service !== undefined) query = query.where("service", "=", service);
      if (after !== undefined)
        return query
          .where("seq", ">", after)
          .orderBy("seq")
          .limit(limit ?? 1000)
          .execute();
      return (
        await query
          .orderBy("seq", "desc")
          .limit(limit ?? 100)
          .execute()
      ).reverse();
    },

    async facts(key) {
      const found = await db.selectFrom("facts").select("doc").where("stack", "=", key.stack).where("service", "=", key.service).execute();
      return new Map(found.map((r) => read<Fact>(r)).map((fact) => [fact.id, fact]));
    },
    async putFact(fact) {
      const doc = JSON.stringify(fact);
      await db
        .insertInto("facts")
        .values({ id: fact.id, ...of(fact), doc })
        .onConflict((c) => c.column("id").doUpdateSet({ doc }))
        .execute();
    },
    async dropFact(id) {
      await db.deleteFrom("facts").where("id", "=", id).execute();
    },

    crashes: async (key, since) =>
      (
        await db
          .selectFrom("crashes")
          .select("doc")
          .where("stack", "=", key.stack)
          .where("service", "=", key.service)
          .where("at", ">=", since)
          .orderBy("seq")
          .execute()
      ).map((r) => read<CrashRow>(r)),
    async addCrash(row) {
      await db
        .insertInto("crashes")
        .values({ ...of(row), at: row.at, doc: JSON.stringify(row) } as never)
        .execute();
    },
    async clearCrashes(key) {
      await db.deleteFrom("crashes").where("stack", "=", key.stack).where("service", "=", key.service).execute();
    },

    completions: async (key) =>
      (
        await db
          .selectFrom("completions")
          .select("doc")
          .where("stack", "=", key.stack)
          .where("service", "=", key.service)
          .orderBy("slot")
          .execute()
      ).map((r) => read<CompletionRow>(r)),
    async putCompletion(row) {
      const doc = JSON.stringify(row);
      await db
        .insertInto("completions")
        .values({ ...of(row), slot: row.slot, doc })
        .onConflict((c) => c.columns(["stack", "service", "slot"]).doUpdateSet({ doc }))
        .execute();
    },

    adoption: async (stack) =>
      one<AdoptionRow>(await db.selectFrom("adoptions").select("doc").where("stack", "=", stack).executeTakeFirst()),
    adoptions: async () => (await db.selectFrom("adoptions").select("doc").orderBy("stack").execute()).map((r) => read<AdoptionRow>(r)),
    async putAdoption(row) {
      const doc = JSON.stringify(row);
      await db
        .insertInto("adoptions")
        .values({ stack: row.stack, doc })
        .onConflict((c) => c.column("stack").doUpdateSet({ doc }))
        .execute();
    },
    async dropAdoption(stack) {
      await db.deleteFrom("adoptions").where("stack", "=", stack).execute();
    },

    networks: async () => db.selectFrom("networks").selectAll().execute(),
    async putNetwork(row) {
      await db
        .insertInto("networks")
        .values(row)
        .onConflict((c) => c.column("name").doUpdateSet(row))
        .execute();
    },
    async dropNetwork(name) {
      await db.deleteFrom("networks").where("name", "=", name).execute();
    },

    async volumes(stack) {
      let query = db.selectFrom("volumes").select("doc").orderBy("name");
      if (stack !== undefined) query = query.where("stack", "=", stack);
      return (await query.execute()).map((r) => read<VolumeRow>(r));
    },
    async putVolume(row) {
      const doc = JSON.stringify(row);
      await db
        .insertInto("volumes")
        .values({ name: row.name, stack: row.stack, doc })
        .onConflict((c) => c.column("name").doUpdateSet({ stack: row.stack, doc }))
        .execute();
    },
    async dropVolume(name) {
      await db.deleteFrom("volumes").where("name", "=", name).execute();
    },

    ports: async () => db.selectFrom("ports").selectAll().execute(),
    async putPort(row) {
      await db
        .insertInto("ports")
        .values(row)
        .onConflict((c) => c.columns(["stack", "service", "target", "protocol"]).doUpdateSet({ published: row.published }))
        .execute();
    },
    async dropPorts(key) {
      await db.deleteFrom("ports").where("stack", "=", key.stack).where("service", "=", key.service).execute();
    },
    ...jobsRows(db),
    ...groupsRows(db),

    close: () => (db as Kysely<Tables>).destroy(),
  };
  return store;
}

const one = <T>(row: { doc: string } | undefined): T | null => (row === undefined ? null : read<T>(row));
