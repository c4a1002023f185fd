import { asMap } from "./deploy.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import type { HookSpec, HooksSpec } from "./types.ts";
import { duration, text } from "./values.ts";

/** How long somebody may take to confirm. */
export const CONFIRM_TIMEOUT_MS = 86_400_000;
const LONGEST = 2000;

/** `x-instar.hooks` of a service; undefined without. Raises INS1004, INS1047. */
export function readHooks(map: MapNode | null): HooksSpec | undefined {
  const hooks = map === null ? null : asMap(map, "hooks");
  if (hooks === null) return undefined;
  const [confirm, notify] = [child(hooks, "confirm"), child(hooks, "notify")];
  if (confirm === null && notify === null) return undefined;
  return {
    ...(confirm === null ? {} : { confirm: readHook(confirm) }),
    ...(notify === null ? {} : { notify: { url: readUrl(notify) } }),
  };
}

/** `https://…`, or `{ url: https://…, timeout: 2h }`. */
function readHook(node: Node): HookSpec & { readonly timeoutMs: number } {
  if (node.kind !== "map") return { url: readUrl(node), timeoutMs: CONFIRM_TIMEOUT_MS };
  const timeout = child(node, "timeout");
  const url = child(node, "url") ?? fail("INS1004", node, "needs the key url", "write confirm: https://…");
  return { url: readUrl(url), timeoutMs: timeout === null ? CONFIRM_TIMEOUT_MS : duration(timeout) };
}

function readUrl(node: Node): string {
  const written = text(node);
  return isHookUrl(written) ? written : fail("INS1047", node, "this is no http or https URL");
}

export function isHookUrl(written: string): boolean {
  if (written.length > LONGEST || /[\s\0]/.test(written) || !URL.canParse(written)) return false;
  return ["http:", "https:"].includes(new URL(written).protocol);
}

/** Where it leads, and nothing that may be its secret, which the path often is: `https://me:word@ci.example/a?token=1` → `https://ci.example/`. */
export const bareUrl = (url: string): string => (URL.canParse(url) ? `${new URL(url).origin}/` : "");

/** `https://ci.example/…`: paths, parameters and passwords of a hook's URL are often its secret. */
export const placeOf = (url: string): string => (URL.canParse(url) ? `${new URL(url).origin}/…` : "…");
