import { short } from "../spec/identity.ts";
import type { Revision } from "../spec/types.ts";

/** From what an examination found otherwise in an instance to words, for whoever watches it and whoever proves it. */

interface Seen {
  readonly instance: { readonly image: string; readonly instanceHash: string };
  readonly differences: readonly Difference[];
}

interface Difference {
  readonly path: string;
  readonly expected: string | null;
  readonly found: string | null;
  readonly changeable: boolean;
}

/** It runs another image, or says itself that it was made from another content; null: it does not. */
export const otherImage = ({ instance: { image } }: Seen, revision: Revision): string | null =>
  revision.image.digests.includes(image)
    ? null
    : `it runs ${short(image)}, and revision ${revision.number} is ${revision.image.digests.map(short).join(" or ")}`;

export const otherContent = ({ instance: { instanceHash } }: Seen, revision: Revision): string | null =>
  instanceHash === revision.instanceHash
    ? null
    : `its label names the content ${short(instanceHash)}, and revision ${revision.number} is ${short(revision.instanceHash)}`;

/** A secret or config that is not as it was sealed is told once, and not again as a mount of its own. */
export function toldOnce(differences: readonly Difference[]): readonly Difference[] {
  const files = new Set(differences.flatMap(({ path }) => (path.startsWith("Files.") ? [path.slice("Files.".length)] : [])));
  return differences.filter(({ path }) => !(path.startsWith("Mounts.") && files.has(path.slice("Mounts.".length))));
}

/** What only create can set and is otherwise makes it foreign, and no value is told; what a client can change later is a difference. */
export function judged(seen: Seen, revision: Revision): { readonly foreign: string | null; readonly configuration: readonly string[] } {
  const all = toldOnce(seen.differences);
  const [made] = all.filter(({ changeable }) => !changeable);
  const foreign = otherContent(seen, revision) ?? otherImage(seen, revision);
  return {
    foreign: foreign ?? (made === undefined ? null : `its ${made.path} is not that of revision ${revision.number}`),
    configuration: all.filter(({ changeable }) => changeable).map(inWords),
  };
}

function inWords({ path, expected, found }: Difference): string {
  const what = path.replace(/^HostConfig\./, "");
  if (path.startsWith("Files.")) return found ?? path;
  if (expected === null) return `${what} is ${found}, and was not made`;
  return found === null ? `${what} is gone; it was ${expected}` : `${what} is ${found}; it was made ${expected}`;
}

interface Start {
  readonly startedAt: number | null;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * The files that the engine mounts, as they were when the instance started, and those edited since. What the engine itself wrote is no
 * edit; and a content says nothing about a size and a time (`told:`).
 */
export function filesSince(
  before: Start | null,
  {
    instance,
    files,
    enginesOwn,
  }: Pick<Start, "files"> & { readonly instance: Pick<Start, "startedAt">; readonly enginesOwn: readonly string[] },
): { readonly files: Start["files"]; readonly edited: readonly string[] } {
  const told = (hash: string): boolean => hash.startsWith("told:");
  const known = before === null || before.startedAt !== instance.startedAt ? [] : Object.entries(before.files);
  const kept = known.filter(
    ([path, hash]) => !enginesOwn.includes(path) && (files[path] === undefined || told(hash) === told(files[path])),
  );
  const atStart: Start["files"] = { ...files, ...Object.fromEntries(kept) };
  return { files: atStart, edited: Object.keys(files).filter((path) => atStart[path] !== files[path]) };
}
