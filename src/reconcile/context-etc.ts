import { hashOf } from "../lib/hash.ts";
import { etcFiles, type OwnName } from "../plan/context-etc.ts";
import { instanceName } from "../plan/names.ts";
import { contextIdentity } from "../spec/context.ts";
import { type EtcTexts, etcEntries, etcTarget } from "../spec/context-etc.ts";
import type { Revision, ServiceSpec } from "../spec/types.ts";
import { networksInOrder } from "./blueprint.ts";
import type { ContextFiles } from "./context-files.ts";
import type { InPlaceFiles } from "./context-in-place.ts";
import type { ServiceKey } from "./control.ts";
import type { Blueprint, EngineInstance } from "./ports.ts";

/** What an instance of this revision mounts of its context, by the name its create gave it. */
export function contextMounts(files: ContextFiles, revision: Revision, instance: string): NonNullable<Blueprint["files"]> {
  const { context } = revision.spec;
  if (context === undefined) return [];
  const identity = hashOf(contextIdentity(context));
  const own = context.etc === undefined ? "" : files.inPlace.place(revision, identity, instance);
  return [
    ...(context.target === undefined ? [] : [{ source: files.place(revision, identity), target: context.target }]),
    ...etcEntries(context.etc ?? {}).map(([file]) => ({ source: `${own}/${file}`, target: etcTarget(file) })),
  ];
}

/** A name the engine does not change, as `docker rename` does the container's. */
export const ownInstanceName = ({ stack, service, revision, slot, attempt }: EngineInstance): string =>
  instanceName(stack, service, revision, slot, attempt);

interface Held {
  spec: ServiceSpec;
  own: OwnName;
  /** What reads the files may have been running when somebody touched them. */
  started: boolean;
  /** `performance.now()` of its create, until the engine showed it. */
  awaited: number | null;
  /** As they stand on disk; null until this daemon has looked. */
  written: EtcTexts | null;
  unwatch: () => void;
}

/** What was found otherwise than it was left, in words, and who reads what no name leads to any more. */
export interface Mended {
  readonly edits: readonly string[];
  readonly lost: readonly string[];
}

export const INTACT: Mended = { edits: [], lost: [] };

/** Nothing to compare with, and yet lost: it happened while no daemon ran, and the templates say something else now. */
export function mendingInWords(edits: readonly string[], lost: readonly string[]): string {
  if (edits.length === 0) return `were gone and are made anew; ${lost.join(", ")} cannot see them and will be replaced`;
  const blind = lost.length === 0 ? "" : `; ${lost.join(", ")} cannot see it and will be replaced`;
  return `were edited from outside and put back: ${edits.slice(0, 10).join(", ")}${blind}`;
}

/** A create that was broken off leaves a folder for this long, unless the daemon ends. */
const AWAITED_MS = 600_000;

/** hosts and resolv.conf of every instance that mounts one context: each has its own, for each has a name and addresses of its own. */
export class EtcKeeper {
  readonly #files: InPlaceFiles;
  readonly #key: ServiceKey;
  readonly #identity: string;
  readonly #touched: () => void;
  readonly #held = new Map<string, Held>();

  constructor(files: InPlaceFiles, key: ServiceKey, identity: string, touched: () => void) {
    this.#files = files;
    this.#key = key;
    this.#identity = identity;
    this.#touched = touched;
  }

  /** It is about to be created, and mounts them from then on. */
  await(name: string, spec: ServiceSpec): void {
    const own = { hostname: spec.hostname, addresses: [] };
    if (!this.#held.has(name))
      this.#held.set(name, { spec, own, started: false, awaited: performance.now(), written: null, unwatch: () => undefined });
  }

  /** As the engine shows it. What has ended keeps what it had: only addresses of its own choosing are left of it. */
  hold(revision: Revision, instance: EngineInstance): void {
    const name = ownInstanceName(instance);
    const { spec } = revision;
    const networks = networksInOrder(revision);
    const addresses = networks.flatMap(([, network]) => instance.addresses[network] ?? []);
    const own = { hostname: spec.hostname ?? instance.id.slice(0, 12), addresses };
    const whole = addresses.length === networks.length || instance.state === "running";
    const known = this.#held.get(name);
    if (known === undefined && !whole && instance.startedAt !== null) return;
    const started = instance.startedAt !== null;
    if (known === undefined) this.#held.set(name, { spec, own, started, awaited: null, written: null, unwatch: () => undefined });
    else Object.assign(known, { started, awaited: null, own: whole || known.awaited !== null ? own : known.own });
  }

  /** Each as the templates say now. @param asBefore they said the same before: what is otherwise came from outside, or was broken off */
  async write(said: EtcTexts, asBefore: boolean): Promise<Mended> {
    const mended: { edits: string[]; lost: string[] } = { edits: [], lost: [] };
    for (const [name, held] of this.#held) {
      const wanted = etcFiles(said, held.spec, held.own);
      if (held.written !== null && hashOf(held.written) === hashOf(wanted)) continue;
      const left = held.written ?? (asBefore ? wanted : null);
      const edits = left === null ? [] : await this.#differences(name, left);
      // One that was not started yet is being made.
      if (held.started) mended.edits.push(...edits.map((edit) => `${edit} of ${name}`));
      if (held.written === null && left !== null && edits.length === 0) this.#watch(name, held);
      else if (await this.#put(name, held, wanted)) mended.lost.push(name);
      held.written = wanted;
    }
    return mended;
  }

  /** What was touched since is as it was written. */
  async mend(): Promise<Mended> {
    const mended: { edits: string[]; lost: string[] } = { edits: [], lost: [] };
    for (const [name, held] of this.#held) {
      if (held.written === null) continue;
      const edits = await this.#differences(name, held.written);
      if (edits.length === 0) continue;
      mended.edits.push(...edits.map((edit) => `${edit} of ${name}`));
      if (await this.#put(name, held, held.written)) mended.lost.push(name);
    }
    return mended;
  }

  /** Files of those that are no more go. */
  async tidy(there: ReadonlySet<string>): Promise<void> {
    const now = performance.now();
    for (const [name, { awaited, unwatch }] of this.#held) {
      if (there.has(name) || (awaited !== null && now - awaited < AWAITED_MS)) continue;
      unwatch();
      this.#held.delete(name);
    }
    for (const name of await this.#files.instances(this.#key, this.#identity))
      if (!there.has(name) && !this.#held.has(name)) await this.#files.remove(this.#key, this.#identity, name);
  }

  async remove(): Promise<void> {
    this.close();
    await this.#files.remove(this.#key, this.#identity, null);
  }

  close(): void {
    for (const { unwatch } of this.#held.values()) unwatch();
  }

  #differences(name: string, texts: EtcTexts): Promise<readonly string[]> {
    return this.#files.differences(this.#place(name), present(texts));
  }

  /** True: who mounts it reads one that is gone. */
  async #put(name: string, held: Held, texts: EtcTexts): Promise<boolean> {
    const anew = await this.#files.put(this.#place(name), present(texts));
    this.#watch(name, held);
    return held.started && anew.length > 0;
  }

  /** A touch that came before this watch, and after the look, is looked for: a watch that is closed tells nothing of what it still had to tell. */
  #watch(name: string, held: Held): void {
    held.unwatch();
    held.unwatch = this.#files.watch(this.#place(name), this.#touched);
    this.#touched();
  }

  #place = (name: string): string => this.#files.place(this.#key, this.#identity, name);
}

const present = (texts: EtcTexts): Readonly<Record<string, string>> => Object.fromEntries(etcEntries(texts));
