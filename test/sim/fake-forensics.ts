import { Readable } from "node:stream";
import { healthcheckText } from "../../src/plan/touches.ts";
import type { Examination, Forensics, ImageChanges } from "../../src/reconcile/drift-engine.ts";
import type { EngineInstance } from "../../src/reconcile/ports.ts";
import type { FakeContainer } from "./fake-container.ts";
import type { FakeEvents } from "./fake-events.ts";

interface Containers {
  all(): readonly FakeContainer[];
  /** By id. */
  of(id: string): FakeContainer | undefined;
}

/** What an engine in memory tells its watch. */
export class FakeForensics implements Forensics {
  readonly #containers: Containers;
  readonly #events: FakeEvents;
  readonly #view: (container: FakeContainer) => EngineInstance;
  readonly #differences = new Map<string, Examination["differences"]>();

  constructor(events: FakeEvents, containers: Containers, view: (container: FakeContainer) => EngineInstance) {
    this.#events = events;
    this.#containers = containers;
    this.#view = view;
  }

  watched: Forensics["watched"] = async (id) => {
    const found = this.#containers.of(id);
    if (found === undefined) return null;
    const { name, stack, service, revision, slot, attempt, generation, instanceHash, spec, volumeNames } = found.blueprint;
    return {
      ...{ name, stack, service, revision, slot, attempt, generation, instanceHash, id },
      createdAt: found.createdAt,
      startedAt: found.startedAt,
      life: !found.everStarted ? "created" : found.alive ? "running" : "ended",
      healthcheck: healthcheckText(spec.healthcheck?.test ?? [], []),
      volumes: spec.mounts.flatMap(({ kind, source }) => (kind === "volume" && source !== null ? [volumeNames[source] ?? source] : [])),
    };
  };

  healthcheckOf: Forensics["healthcheckOf"] = async (check) => healthcheckText(check?.test ?? [], []);

  ownContainers: Forensics["ownContainers"] = async () => new Set(this.#containers.all().map(({ id }) => id));

  /** What a look finds otherwise than it was made, by container id. */
  readonly found = new Map<string, Partial<Examination>>();

  examine: Forensics["examine"] = async ({ id, anew, made }) => {
    const container = this.#containers.of(id);
    if (container === undefined) return null;
    const instance = this.#view(container);
    const known = anew ? undefined : this.#differences.get(id);
    const wanted = known === undefined ? await made(instance) : null;
    const differences = known ?? (wanted === null ? [] : [...wanted.differences, ...container.differences(wanted.blueprint)]);
    this.#differences.set(id, differences);
    const changed = container.written.map((path) => ({ path, kind: "A", hash: "" }) as const);
    const layer = { changed, more: false, traces: [], onDisk: true, enginesOwn: [], files: { "/etc/hosts": "hosts" } };
    return { instance, differences, ...layer, ...this.found.get(id) };
  };

  /** What of an image's layers is otherwise, by container id. */
  readonly below = new Map<string, ImageChanges>();

  imageChanges: Forensics["imageChanges"] = async (id) => this.below.get(id) ?? { changed: [], more: false };

  exportLayer: Forensics["exportLayer"] = async () => Readable.from(["a tar"]);

  memory: Forensics["memory"] = async () => this.#events.memory();
}
