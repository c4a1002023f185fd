import { suggest } from "../plan/suggest.ts";
import type { Notice } from "../spec/types.ts";
import type { Prepared } from "./prepare.ts";
import type { Store } from "./store.ts";

const TOLD = 5;

/** Services whose instances write where the file to come declares nothing: they are not stateless, and `enforce` would refuse them. */
export async function writers(store: Store, stack: string, prepared: readonly Prepared[]): Promise<Notice[]> {
  const looks = await store.looks({ stack });
  return prepared.flatMap(({ key, spec }) => {
    if (spec.immutable === "off") return [];
    const declared = [...(spec.scratch ?? []), ...spec.tmpfs.map(({ target }) => target), ...spec.mounts.map(({ target }) => target)];
    const changed = looks
      .filter(({ service }) => service === key.service)
      .flatMap((look) => look.changed)
      .filter(({ path }) => !declared.some((root) => path === root || path.startsWith(`${root}/`)));
    const paths = [...new Set(changed.map(({ path }) => path))].sort();
    if (paths.length === 0) return [];
    const { scratch, volumes } = suggest(changed);
    const told = `${paths.slice(0, TOLD).join(", ")}${paths.length > TOLD ? ` and ${paths.length - TOLD} more` : ""}`;
    const where = [...scratch.map((path) => `scratch ${path}`), ...volumes.map((path) => `a volume at ${path}`)].join(", ");
    const so = spec.immutable === "enforce" ? "its root is read-only, so that will fail" : "that is drift, and lost with each instance";
    const message = `${key.service} writes to ${told}: ${so}; ${where === "" ? "change the image instead" : `declare ${where}`} (instar drift suggest)`;
    return [{ code: "writes-undeclared", message, at: null }];
  });
}
