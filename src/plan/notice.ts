/** A notice that the registry does not bear out yet. */
export interface Told {
  readonly from: string;
  /** null: it named none. */
  readonly digest: string | null;
  /** Made since it came, and after the first. */
  readonly looks: number;
}

const FIRST_MS = 500;
const MOST_LOOKS = 6;

/**
 * When to look again for what a notice told of; null: it is there, or was looked for often enough (0.5 s, 1 s, 2 s, … 16 s after one
 * another, 31.5 s in all). A registry may tell of a push before the tag means it: distribution tells as it puts the manifest and
 * moves the tag afterwards (registry/handlers/manifests.go, PutManifest).
 *
 * @param head what the tag means in the registry; null: nothing was found
 * @param wanted digests of the image that is wanted here: of a notice without a digest, anything else is the news
 */
export function lookAgain(
  told: Told | null,
  head: string | null,
  wanted: readonly string[],
): { readonly told: Told; readonly ms: number } | null {
  if (told === null || told.looks >= MOST_LOOKS) return null;
  const there = told.digest === null ? head !== null && !wanted.includes(head) : head === told.digest;
  return there ? null : { told: { ...told, looks: told.looks + 1 }, ms: FIRST_MS * 2 ** told.looks };
}
