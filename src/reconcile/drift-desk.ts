import { type Cause, causesOf, type Known, type Policy, verdictOf } from "../plan/drift.ts";
import type { Revision } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import type { DriftControl, DriftView, InstanceDrift } from "./drift-control.ts";
import type { TouchRow } from "./drift-store.ts";
import type { DriftWatch } from "./drift-watch.ts";
import type { EngineInstance } from "./ports.ts";
import type { Lookout, Scene } from "./watch.ts";

const DAY_MS = 86_400_000;
const GAPS_SHOWN_MS = 30 * DAY_MS;

export interface DriftOffice {
  readonly watch: DriftWatch;
  readonly lookout: Lookout;
  readonly scenes: (of: Partial<ServiceKey>) => Promise<Scene[]>;
}

/** What is known of the drift of instances, for whoever asks. */
export class DriftDesk implements DriftControl {
  readonly #office: DriftOffice;

  constructor(office: DriftOffice) {
    this.#office = office;
  }

  async list(of: Partial<ServiceKey>): Promise<DriftView> {
    const { watch, lookout, scenes } = this.#office;
    const { store, clock } = lookout;
    const now = clock.now();
    const found = await scenes(of);
    const there = new Set(found.flatMap(({ instances }) => instances.map(({ id }) => id)));
    const gone = (await store.touches({ ...of, since: now - DAY_MS })).filter(({ id }) => !there.has(id));
    return {
      watching: watch.watching,
      gaps: (await store.gaps(now - GAPS_SHOWN_MS)).map(({ from, to, reason, blind }) => ({ from, to, reason, blind })),
      instances: found.flatMap((scene) => driftsOf(scene, watch)),
      gone: [...Map.groupBy(gone, ({ id }) => id).values()].map(goneView),
    };
  }
}

function driftsOf(scene: Scene, watch: DriftWatch): InstanceDrift[] {
  const worn = new Map(scene.world.map((one) => [one.name, one.worn]));
  return scene.instances
    .filter(({ name }) => worn.has(name))
    .map((instance) => {
      const known = knownOf(watch, instance, scene.revisions.get(instance.revision) ?? null, worn.get(instance.name) ?? false);
      const { stack, service, name } = instance;
      return { name, stack, service, ...verdictOf(known), causes: causesOf(known) };
    });
}

/** @param revision null: it was lost with a home, and the default holds */
export function knownOf(watch: DriftWatch, instance: EngineInstance, revision: Revision | null, worn: boolean): Known {
  return {
    policy: policyOf(revision),
    createdAt: instance.createdAt,
    touches: watch.touches(instance.id),
    look: null,
    worn,
    blind: watch.blind,
  };
}

const policyOf = (_revision: Revision | null): Policy => "detect";

function goneView(touches: readonly TouchRow[]): DriftView["gone"][number] {
  const [first] = touches;
  const causes = touches.map(({ kind, detail, at, by }): Cause => ({ kind, detail, at, by }));
  return { name: first?.instance ?? "", stack: first?.stack ?? "", service: first?.service ?? "", causes };
}
