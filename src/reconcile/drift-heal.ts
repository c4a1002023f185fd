import { type Known, verdictOf } from "../plan/drift.ts";
import { type Candidate, planHealing, YOUNG_MS } from "../plan/heal.ts";
import type { ServiceKey } from "./control.ts";
import { begin } from "./deployment.ts";
import type { HealRow } from "./drift-store.ts";
import type { Clock, EngineInstance } from "./ports.ts";
import type { DeploymentRow, Fact, Store } from "./store.ts";
import type { Scene } from "./watch.ts";

export interface HealParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly scenes: (of: Partial<ServiceKey>) => Promise<Scene[]>;
  readonly known: (instance: EngineInstance, scene: Scene, worn: boolean) => Known;
  readonly changed: (keys: readonly ServiceKey[]) => Promise<void>;
}

export interface Keep {
  readonly forMs: number;
}

const AUTOMATIC = "instar";

/** Replaces what drifted: by itself where the file says `immutable: enforce`, and when somebody asks. */
export class DriftHeal {
  readonly #parts: HealParts;
  /** Said once: instance → why it is left alone. */
  readonly #said = new Map<string, string>();
  readonly #underWay = new Set<string>();

  constructor(parts: HealParts) {
    this.#parts = parts;
  }

  /** What the policy wants of this service now. One at a time; asked again when something else is found. */
  async consider(key: ServiceKey): Promise<void> {
    const name = `${key.stack}/${key.service}`;
    if (this.#underWay.has(name)) return;
    this.#underWay.add(name);
    try {
      await this.#consider(key);
    } finally {
      this.#underWay.delete(name);
    }
  }

  async #consider(key: ServiceKey): Promise<void> {
    const { store, clock, scenes } = this.#parts;
    const row = await store.service(key);
    const revision = row === null ? null : await store.revision(key, row.target);
    if (revision?.spec.immutable !== "enforce") return;
    const [scene] = await scenes(key);
    if (scene === undefined || scene.current.spec.immutable !== "enforce") return;
    const now = clock.now();
    const last = (await store.deployments(key, 5)).find(({ cause, endedAt }) => cause.kind === "drift" && endedAt !== null);
    const { replace, held } = planHealing(
      {
        policy: "enforce",
        candidates: this.#candidates(scene),
        healed: await store.heals(key, 0),
        failedAt: last === undefined || last.outcome === "succeeded" || last.outcome === "superseded" ? null : last.endedAt,
        moving: scene.row.deployment !== null || scene.row.halted !== null,
      },
      now,
    );
    for (const { candidate, because } of held) await this.#say(key, candidate, because);
    if (replace.length > 0) await this.#begin(scene, replace, AUTOMATIC, null);
  }

  /** Every drifted instance of the service. null: there is none, or a deployment of somebody else's runs already. */
  async heal(key: ServiceKey, keep: Keep | null, who: string): Promise<DeploymentRow | null> {
    const [scene] = await this.#parts.scenes(key);
    const drifted = scene === undefined ? [] : this.#candidates(scene).filter(({ verdict }) => verdict !== "none");
    return scene === undefined || drifted.length === 0 ? null : this.#begin(scene, drifted, who, keep);
  }

  #candidates(scene: Scene): Candidate[] {
    return scene.world.flatMap((seen) => {
      const instance = scene.instances.find(({ name }) => name === seen.name);
      if (instance === undefined || seen.life !== "running" || seen.evidence || seen.outside || seen.quarantine !== undefined) return [];
      const known = this.#parts.known(instance, scene, seen.worn);
      const { verdict, because } = verdictOf(known);
      const times = [...known.touches.filter(({ taints }) => taints).map(({ at }) => at), ...timesOf(known.look)];
      const startedAt = instance.startedAt ?? instance.createdAt;
      return [
        {
          ...{ name: seen.name, slot: seen.slot, instanceHash: seen.instanceHash, verdict, because, startedAt },
          driftedAt: times.length === 0 ? startedAt + YOUNG_MS : Math.min(...times),
          paths: known.look?.changed.map(({ path }) => path) ?? [],
        },
      ];
    });
  }

  /** The marks, the record and the deployment are one transaction: after a crash it goes on, or never began. */
  async #begin(scene: Scene, replace: readonly Candidate[], who: string, keep: Keep | null): Promise<DeploymentRow | null> {
    const { store, clock, changed } = this.#parts;
    const key: ServiceKey = { stack: scene.row.stack, service: scene.row.service };
    const now = clock.now();
    const why = replace.map(({ name, verdict, because }) => `${name} is ${verdict}: ${because}`);
    const started = await store.write(async (within) => {
      const row = await within.service(key);
      if (row === null || row.removed || row.stopped || (who === AUTOMATIC && row.deployment !== null)) return null;
      const facts = await within.facts(key);
      for (const one of replace) {
        const instance = scene.instances.find(({ name }) => name === one.name);
        if (instance === undefined) continue;
        const because = `it is ${one.verdict}: ${one.because}`;
        const until = { until: now + (keep?.forMs ?? 0), because };
        const fact = facts.get(instance.id) ?? blank(key, instance);
        await within.putFact({ ...fact, heal: because, ...(keep === null ? {} : { quarantine: until }) });
        if (who === AUTOMATIC) await within.addHeal(healOf(key, one, now));
      }
      const beginning = { to: row.target, kind: "drift", who, strategy: scene.current.spec.strategy, reason: why.join("; ") } as const;
      const deployment = await begin(within, row, beginning, now);
      for (const message of why) await within.addEvent(now, { kind: "drift.heal", ...key, deployment: deployment.id, message });
      return deployment;
    });
    if (started !== null) await changed([key]);
    return started;
  }

  async #say(key: ServiceKey, { name }: Candidate, because: string): Promise<void> {
    if (this.#said.get(name) === because) return;
    this.#said.set(name, because);
    const message = `${name} drifted and is not replaced: ${because}`;
    await this.#parts.store.addEvent(this.#parts.clock.now(), { kind: "drift.held", ...key, instance: name, message });
  }
}

/** When what a look found was found; what has no time of its own has that of the look. */
function timesOf(look: Known["look"]): number[] {
  if (look === null) return [];
  const { changed, filesChanged, configuration, foreign, at } = look;
  const timeless = filesChanged.length > 0 || configuration.length > 0 || foreign !== null;
  return [...changed.map((one) => one.at), ...(timeless ? [at] : [])];
}

const healOf = (key: ServiceKey, { slot, name, instanceHash, startedAt, verdict }: Candidate, at: number): HealRow => ({
  ...key,
  ...{ slot, instance: name, instanceHash, startedAt, at, verdict },
});

const blank = (key: ServiceKey, { id, name }: EngineInstance): Fact => ({
  ...key,
  ...{ id, name, drainingSince: null, evidenceOf: null, startedAt: null },
});
