import { InstarError } from "../errors.ts";
import { instanceName } from "../plan/names.ts";
import type { Revision } from "../spec/types.ts";
import { aliasesIn, blueprintOf, networksInOrder } from "./blueprint.ts";
import { filesOf } from "./contents.ts";
import { contextMounts } from "./context-etc.ts";
import type { ContextFiles } from "./context-files.ts";
import type { Remade } from "./drift-engine.ts";
import type { Blueprint, EngineInstance, FileStore } from "./ports.ts";
import type { Store } from "./store.ts";

export interface Sources {
  readonly store: Store;
  readonly files: FileStore;
  readonly contexts: ContextFiles;
}

/** An instance as it would be made again, of its own revision, with its own addresses and the volumes of its slot. Makes nothing. */
export async function remade(sources: Sources, instance: EngineInstance, revision: Revision): Promise<Remade> {
  const { store, contexts } = sources;
  const { stack, service, spec } = revision;
  const { slot, attempt, generation } = instance;
  const { files, differences } = await sealed(sources.files, revision);
  const slotVolumes: Record<string, string> = {};
  for (const { name, owner } of await store.volumes(stack))
    if (owner?.service === service && owner.slot === slot) slotVolumes[owner.target] = name;
  const fixed = new Set((await store.networks()).map(({ name }) => name));
  const networks =
    spec.networkMode !== null
      ? []
      : networksInOrder(revision).map(([key, name]) => ({
          ...spec.networks[key],
          ...{ name, aliases: aliasesIn(revision, key), address: fixed.has(name) ? (instance.addresses[name] ?? "none") : null },
        }));
  const name = instanceName(stack, service, revision.number, slot, attempt);
  const told = contextMounts(contexts, revision, name);
  const blueprint = blueprintOf(revision, { name, slot, attempt, generation }, { networks, slotVolumes, files: [...files, ...told] });
  return { blueprint, differences };
}

type Files = NonNullable<Blueprint["files"]>;

/** One that is not on the host as it was sealed is a difference, and is not looked for among the mounts. */
async function sealed(store: FileStore, { spec }: Revision): Promise<Pick<Remade, "differences"> & { readonly files: Files }> {
  const files: Files[number][] = [];
  const differences: Remade["differences"][number][] = [];
  for (const file of spec.files ?? [])
    try {
      files.push(...(await filesOf(store, { ...spec, files: [file] })));
    } catch (cause) {
      if (!(cause instanceof InstarError) || cause.code !== "INS6031") throw cause;
      differences.push({ path: `Files.${file.target}`, expected: "as it was sealed", found: cause.message, changeable: true });
    }
  return { files, differences };
}
