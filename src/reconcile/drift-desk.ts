import { InstarError } from "../errors.ts";
import { type Cause, causesOf, type Known, type Policy, verdictOf } from "../plan/drift.ts";
import { suggest, suggestionText } from "../plan/suggest.ts";
import type { Revision } from "../spec/types.ts";
import { rowOf } from "./actions.ts";
import type { DeploymentView, ServiceKey } from "./control.ts";
import { viewDeployment } from "./deployment.ts";
import type { DriftControl, DriftView, InstanceDrift, SuggestionView } from "./drift-control.ts";
import type { DriftHeal } from "./drift-heal.ts";
import type { DriftLooks } from "./drift-looks.ts";
import type { LookRow, TouchRow } from "./drift-store.ts";
import type { DriftWatch } from "./drift-watch.ts";
import type { EngineInstance } from "./ports.ts";
import type { Lookout, Scene } from "./watch.ts";

const DAY_MS = 86_400_000;
const GAPS_SHOWN_MS = 30 * DAY_MS;

export interface DriftOffice {
  readonly watch: DriftWatch;
  readonly looks: DriftLooks;
  readonly heal: DriftHeal;
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
      instances: found.flatMap((scene) => this.#drifts(scene)),
      gone: [...Map.groupBy(gone, ({ id }) => id).values()].map(goneView),
    };
  }

  async heal(key: ServiceKey, keepMs: number | null, who: string): Promise<DeploymentView | null> {
    const { store, clock } = this.#office.lookout;
    const row = await rowOf(store, key);
    const running = row.deployment === null ? null : await store.deployment(row.deployment);
    if (running !== null && running.cause.kind !== "drift")
      throw new InstarError("INS2030", `${running.id} (${running.cause.kind}) of ${key.stack}/${key.service} is under way`);
    const started = await this.#office.heal.heal(key, keepMs === null ? null : { forMs: keepMs }, who);
    return started === null ? null : viewDeployment(store, started, clock.now());
  }

  async suggest(key: ServiceKey): Promise<SuggestionView> {
    const { looks, lookout, scenes } = this.#office;
    await rowOf(lookout.store, key);
    const running = (await scenes(key)).flatMap(({ instances }) => instances).filter(({ state }) => state === "running");
    const rows = (await Promise.all(running.map(({ id }) => looks.look(id)))).filter((row) => row !== null);
    const suggestion = suggest(rows.flatMap(({ changed }) => changed));
    return { ...key, instances: rows.length, ...suggestion, lines: suggestionText(key.service, suggestion) };
  }

  async export(name: string): Promise<NodeJS.ReadableStream> {
    const { engine } = this.#office.lookout;
    const instance = await engine.instance(name);
    if (instance === null) throw new InstarError("INS3022", `there is no instance ${name}`);
    return engine.exportLayer(instance.id);
  }

  #drifts(scene: Scene): InstanceDrift[] {
    const { watch, looks } = this.#office;
    return scene.world
      .filter(({ evidence }) => !evidence)
      .flatMap(({ name, worn }) => {
        const instance = scene.instances.find((one) => one.name === name);
        if (instance === undefined) return [];
        const look = looks.of(instance.id);
        const known = knownOf(watch, look, instance, revisionIn(scene, instance), worn);
        const { stack, service } = instance;
        return [{ name, stack, service, ...verdictOf(known), causes: causesOf(known), more: look?.more ?? false }];
      });
  }
}

/** Its own; the wanted one where that takes its instances over, since the policy may be all that changed. null: it was lost. */
export const revisionIn = ({ current, revisions }: Pick<Scene, "current" | "revisions">, instance: EngineInstance): Revision | null =>
  current.instanceHash === instance.instanceHash ? current : (revisions.get(instance.revision) ?? null);

/** @param revision null: it was lost with a home, and the default holds */
export function knownOf(
  watch: DriftWatch,
  look: LookRow | null,
  instance: EngineInstance,
  revision: Revision | null,
  worn: boolean,
): Known {
  const policy: Policy = revision?.spec.immutable ?? "detect";
  return { policy, createdAt: instance.createdAt, touches: watch.touches(instance.id), look, worn, blind: watch.blind };
}

function goneView(touches: readonly TouchRow[]): DriftView["gone"][number] {
  const [first] = touches;
  const causes = touches.map(({ kind, detail, at, by }): Cause => ({ kind, detail, at, by }));
  return { name: first?.instance ?? "", stack: first?.stack ?? "", service: first?.service ?? "", causes };
}
