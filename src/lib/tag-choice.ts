import picomatch from "picomatch";
import { RE2JS } from "re2js";
import { compare, parse, type SemVer, satisfies, validRange } from "semver";

/** Which tags of a repository a service follows. */
export type TagRule =
  | { readonly kind: "same-tag" }
  | { readonly kind: "semver"; readonly range: string }
  | { readonly kind: "glob"; readonly pattern: string }
  | { readonly kind: "regex"; readonly pattern: string };

/** A pattern is at most this long; tags are at most 128 characters (distribution's grammar). */
export const LONGEST_PATTERN = 128;
const MOST_WILDCARDS = 8;

/** Why a rule cannot be used, in words; null when it can. */
export function tagRuleFault(rule: TagRule): string | null {
  if (rule.kind === "same-tag") return null;
  const text = rule.kind === "semver" ? rule.range : rule.pattern;
  if (text.trim() === "") return "is empty";
  if (text.length > LONGEST_PATTERN) return `has ${text.length} characters; ${LONGEST_PATTERN} is the limit`;
  if (rule.kind === "semver") return validRange(text) === null ? "is no range of versions" : null;
  if (rule.kind === "glob") {
    if (/[/\\()!{}+@|]/.test(text)) return "may use *, ? and [a-z] only";
    return (text.match(/[*?[]/g) ?? []).length > MOST_WILDCARDS ? `has more than ${MOST_WILDCARDS} wildcards` : null;
  }
  try {
    RE2JS.compile(text);
    return null;
  } catch (cause) {
    // Not caught by its class: the package names several.
    return `is no regular expression of RE2: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

/**
 * The tag to follow: the highest of `tags` that the rule admits, and never a lower one than `current`, as far as both are
 * versions. `~1.4` over 1.4.1, 1.4.10, 1.5.0 → `1.4.10`. Null when none fits and `current` does not either.
 * Matching takes time linear in the tag for a regular expression (RE2), and bounded time for a glob.
 */
export function chooseTag(rule: TagRule, tags: readonly string[], current: string): string | null {
  if (rule.kind === "same-tag") return current;
  const admits = matcherOf(rule);
  let best: string | null = admits(current) ? current : null;
  for (const tag of tags) if (admits(tag) && (best === null || newer(tag, best))) best = tag;
  return best;
}

/** Could a push of this tag matter under the rule? */
export const admitsTag = (rule: TagRule, tag: string, current: string): boolean =>
  rule.kind === "same-tag" ? tag === current : matcherOf(rule)(tag);

function matcherOf(rule: Exclude<TagRule, { kind: "same-tag" }>): (tag: string) => boolean {
  if (rule.kind === "glob") return picomatch(rule.pattern, { noextglob: true, nobrace: true, nonegate: true });
  if (rule.kind === "regex") {
    const compiled = RE2JS.compile(rule.pattern);
    // The whole tag, as people mean it: `1\.4\..*` is not to admit `11.4.1`.
    return (tag) => compiled.matches(tag);
  }
  return (tag) => {
    const version = versionOf(tag);
    return version !== null && satisfies(version, rule.range);
  };
}

/** By version where both are one; else numbers within the text count as numbers: `build-9` before `build-10`. */
function newer(tag: string, than: string): boolean {
  const [a, b] = [versionOf(tag), versionOf(than)];
  const order = a === null || b === null ? NATURAL.compare(tag, than) : compare(a, b);
  if (order !== 0) return order > 0;
  // `1.4.0` says more than `1.4`, which moves.
  return tag.length !== than.length ? tag.length > than.length : tag > than;
}

const NATURAL = new Intl.Collator("en", { numeric: true });

/** Tags are not strict versions: `v1.4`, `1`, `1.4.0-rc.1`. A part that is missing is 0. */
export function versionOf(tag: string): SemVer | null {
  const match = /^v?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(-[0-9A-Za-z.-]+)?$/.exec(tag);
  if (match === null) return null;
  const [, major = "0", minor = "0", patch = "0", pre = ""] = match;
  return parse(`${Number(major)}.${Number(minor)}.${Number(patch)}${pre}`);
}
