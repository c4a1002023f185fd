import { canonicalName, parseReference } from "../../lib/reference.ts";
import type { Delivery, Pushed } from "../../plan/deliveries.ts";

/** Fields of a body that anybody may have written: absent, of another type and inherited are all the same. */

const LONGEST = 512;
const DIGEST = /^sha256:[a-f0-9]{64}$/;
const TAG = /^\w[\w.-]{0,127}$/;

export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[key];
  }
  return here;
}

/** null where there is no text, or an empty one. */
export function textAt(value: unknown, ...path: readonly string[]): string | null {
  const found = at(value, ...path);
  return typeof found === "string" && found !== "" && found.length <= LONGEST ? found : null;
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** A number or a text, as a text. */
export function wordAt(value: unknown, ...path: readonly string[]): string | null {
  const found = at(value, ...path);
  return typeof found === "number" && Number.isFinite(found) ? String(found) : textAt(value, ...path);
}

export const asDigest = (text: string | null): string | null => (text !== null && DIGEST.test(text) ? text : null);
export const asTag = (text: string | null): string | null => (text !== null && TAG.test(text) ? text : null);

/** The repository of a name with or without tag; null for what is no name. Names are lower case, vendors' logins need not be. */
export function repositoryOf(name: string | null): string | null {
  const parsed = name === null ? null : parseReference(name.toLowerCase());
  return parsed === null ? null : canonicalName(parsed);
}

/** null where neither a repository nor a tag or digest is left. */
export function pushed(names: readonly (string | null)[], tag: string | null, digest: string | null, id: string | null): Pushed | null {
  const repositories = [...new Set(names.flatMap((name) => repositoryOf(name) ?? []))];
  return repositories.length === 0 || (tag === null && digest === null) ? null : { repositories, tag, digest, id };
}

export const delivery = (form: Delivery["form"], found: readonly (Pushed | null)[], more: Partial<Delivery> = {}): Delivery => ({
  form,
  pushed: found.filter((one) => one !== null),
  about: "it names no pushed image with a tag",
  shared: false,
  callback: null,
  ...more,
});
