import { InstarError } from "../../src/errors.ts";
import type { ServiceKey, StepRecord } from "../../src/reconcile/control.ts";
import type {
  AdoptionRow,
  CompletionRow,
  CrashRow,
  DeploymentRow,
  Fact,
  NetworkRow,
  PortRow,
  ServiceRow,
  StackRow,
  Store,
  VolumeRow,
} from "../../src/reconcile/store.ts";
import type { Revision } from "../../src/spec/types.ts";
import { inTransaction, overOneConnection } from "../../src/store/one-connection.ts";
import { fakeEvents } from "./fake-store-history.ts";
import { fakeDrift, fakeFreezes, fakeJobs, fakeTriggers } from "./fake-store-rows.ts";
import { Journal, Log, Table } from "./fake-store-tables.ts";
import { fakeTokens } from "./fake-store-tokens.ts";

export interface FakeStore extends Store {
  readonly control: {
    /** So many changes more succeed, and then the disk is full; null: it is not. */
    fill(after: number | null): void;
  };
}

/** A store in memory that keeps the port's promises (test/conformance/store.ts). Nothing of it outlives the process. */
export function createFakeStore(installation: string): FakeStore {
  let left: number | null = null;
  const journal = new Journal(() => {
    if (left === null) return;
    if (left === 0) throw new InstarError("INS6003", "the disk is full");
    left--;
  });
  const within = tables(journal, installation);
  return {
    ...taken(within, journal),
    control: {
      fill: (after) => {
        left = after;
      },
    },
  };
}

/**
 * The store as everybody has it: one transaction at a time, and what is asked meanwhile waits for its end, as with a file that
 * has one connection; and by the same guard (overOneConnection).
 */
function taken(within: Store, journal: Journal): Store {
  /** Ends with the transaction that is open; null: none is. Who waited looks again: another may have been first. */
  let turn: Promise<void> | null = null;
  async function later(call: (...args: unknown[]) => Promise<unknown>, args: readonly unknown[]): Promise<unknown> {
    while (turn !== null) await turn;
    return call(...args);
  }
  async function write<T>(work: (store: Store) => Promise<T>): Promise<T> {
    while (turn !== null) await turn;
    let end: () => void = () => undefined;
    turn = new Promise((resolve) => {
      end = resolve;
    });
    journal.begin();
    try {
      const done = await inTransaction(() => work(within));
      journal.commit();
      return done;
    } catch (cause) {
      journal.rollback();
      throw cause;
    } finally {
      turn = null;
      end();
    }
  }
  const store = Object.entries(within).map(([name, member]: [string, unknown]) => {
    if (typeof member !== "function") return [name, member];
    const call = member as (...args: unknown[]) => Promise<unknown>;
    return [name, (...args: unknown[]) => (turn === null ? call(...args) : later(call, args))];
  });
  return overOneConnection({ ...(Object.fromEntries(store) as Store), write });
}

const numberOf = (deployment: string): number => Number(deployment.slice(1));

/** As a transaction sees it. */
function tables(journal: Journal, installation: string): Store {
  const stacks = new Table<StackRow>(journal, ({ name }) => [name]);
  const services = new Table<ServiceRow>(journal, (row) => [row.stack, row.service]);
  const revisions = new Table<Revision>(journal, ({ number }) => [-number]);
  const deployments = new Table<DeploymentRow>(journal, ({ id }) => [-numberOf(id)]);
  const completions = new Table<CompletionRow>(journal, ({ slot }) => [slot]);
  const adoptions = new Table<AdoptionRow>(journal, ({ stack }) => [stack]);
  const volumes = new Table<VolumeRow>(journal, ({ name }) => [name]);
  const facts = new Table<Fact>(journal);
  const networks = new Table<NetworkRow>(journal);
  const ports = new Table<PortRow>(journal);
  const steps = new Log<{ readonly deployment: string; readonly step: StepRecord }>(journal);
  const crashes = new Log<CrashRow>(journal);
  const isOf =
    ({ stack, service }: ServiceKey) =>
    (row: ServiceKey): boolean =>
      row.service === service && row.stack === stack;
  const store: Store = {
    installation,
    ...fakeEvents(journal, installation),
    ...fakeDrift(journal),
    ...fakeJobs(journal),
    ...fakeFreezes(journal),
    ...fakeTriggers(journal),
    ...fakeTokens(journal),
    write: (work) => work(store),
    close: async () => undefined,

    stacks: async () => stacks.all(),
    stack: async (name) => stacks.get(name),
    putStack: async (row) => stacks.put(row, row.name),

    services: async (stack) => services.where((row) => stack === undefined || row.stack === stack),
    service: async (key) => services.get(key.stack, key.service),
    putService: async (row) => services.put(row, row.stack, row.service),

    revision: async (key, number) => revisions.get(key.stack, key.service, number),
    revisions: async (key) => revisions.where(isOf(key)),
    async addRevision(revision) {
      const highest = revisions.where(isOf(revision));
      const numbered: Revision = { ...revision, number: Math.max(0, ...highest.map(({ number }) => number)) + 1 };
      revisions.put(numbered, numbered.stack, numbered.service, numbered.number);
      return numbered;
    },
    putRevision: async (revision) => revisions.put(revision, revision.stack, revision.service, revision.number),
    images: async () => revisions.all().map(({ image }) => image),

    deployment: async (id) => deployments.get(id),
    deployments: async (key, limit) => deployments.where(isOf(key)).slice(0, limit),
    async addDeployment(row) {
      const numbered: DeploymentRow = { ...row, id: `D${deployments.all().length + 1}` };
      deployments.put(numbered, numbered.id);
      return numbered;
    },
    async putDeployment(row) {
      if (deployments.get(row.id) !== null) deployments.put(row, row.id);
    },
    addStep: async (deployment, step) => void steps.add({ deployment, step }),
    steps: async (deployment) => steps.rows.filter((row) => row.deployment === deployment).map(({ step }) => step),

    facts: async (key) => new Map(facts.where(isOf(key)).map((fact) => [fact.id, fact])),
    putFact: async (fact) => facts.put(fact, fact.id),
    dropFact: async (id) => facts.drop(id),

    crashes: async (key, since) => crashes.rows.filter((row) => row.at >= since && isOf(key)(row)),
    addCrash: async (row) => void crashes.add(row),
    clearCrashes: async (key) => crashes.keep((row) => !isOf(key)(row)),

    completions: async (key) => completions.where(isOf(key)),
    putCompletion: async (row) => completions.put(row, row.stack, row.service, row.slot),

    adoption: async (stack) => adoptions.get(stack),
    adoptions: async () => adoptions.all(),
    putAdoption: async (row) => adoptions.put(row, row.stack),
    dropAdoption: async (stack) => adoptions.drop(stack),

    networks: async () => networks.all(),
    putNetwork: async (row) => networks.put(row, row.name),
    dropNetwork: async (name) => networks.drop(name),

    volumes: async (stack) => volumes.where((row) => stack === undefined || row.stack === stack),
    putVolume: async (row) => volumes.put(row, row.name),
    dropVolume: async (name) => volumes.drop(name),

    ports: async () => ports.all(),
    putPort: async (row) => ports.put(row, row.stack, row.service, row.target, row.protocol),
    dropPorts: async (key) => ports.dropWhere(isOf(key)),
  };
  return store;
}
