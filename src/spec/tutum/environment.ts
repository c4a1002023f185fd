import type { Node } from "../node.ts";
import { pairs } from "../values.ts";
import type { Translate } from "./keys.ts";
import { madeList, madeMap } from "./made.ts";
import { PROXYS_OWN } from "./proxy-variables.ts";
import type { OldService } from "./types.ts";

export interface Variable {
  /** As written. */
  readonly name: string;
  /** null: it has the caller's value. */
  readonly value: string | null;
  /** Where its value stands. */
  readonly node: Node;
}

/** The variables of a service by name in capitals: the proxy took them in any case. */
export function variablesOf({ keys }: OldService): ReadonlyMap<string, Variable> {
  const node = keys.get("environment")?.value;
  if (node === undefined) return new Map();
  return new Map(pairs(node).map(({ key, value, at }, index) => [key.toUpperCase(), { name: key, value, node: placed(node, at, index) }]));
}

function placed(node: Node, { at, path }: Pick<Node, "at" | "path">, index: number): Node {
  const item = node.kind === "list" ? node.items[index] : undefined;
  return item ?? { kind: "scalar", at, path, tag: null, value: null, text: "" };
}

/** What the proxy read becomes routes, which are written where the proxies are looked at. */
export const translateEnvironment: Translate = (key, service, draft, { backends, onHost }) => {
  const { name } = service;
  if (!backends.has(name) || onHost.has(name)) {
    const host = variablesOf(service).get("VIRTUAL_HOST");
    if (host !== undefined)
      draft.note(
        host.node,
        name,
        `${key.written}.${host.name}`,
        "environment",
        "no haproxy service of this file serves it, and the variable leads nowhere; a domain is x-instar: { domains: [shop.example] }",
      );
    return draft.set(name, key.key, key.value);
  }
  const value = without(key.value, (variable) => PROXYS_OWN.has(variable.toUpperCase()));
  if (value !== null) draft.set(name, key.key, value);
};

/** Instar's own and Compose's own labels say whose an instance is. */
const TAKEN = /^(dev\.instar|com\.docker\.compose)\./;

export const translateLabels: Translate = (key, { name }, draft) => {
  for (const { key: label, at } of pairs(key.value))
    if (TAKEN.test(label))
      draft.note(at, name, `${key.written}.${label}`, null, "labels of this beginning belong to the tool that sets them");
  const value = without(key.value, (label) => TAKEN.test(label));
  if (value !== null) draft.set(name, key.key, value);
};

/** Without the pairs of these names; null when none is left of some. */
function without(node: Node, gone: (name: string) => boolean): Node | null {
  if (node.kind === "list") {
    const items = node.items.filter((item) => item.kind !== "scalar" || !gone(item.text.split("=", 1)[0] ?? ""));
    return items.length === 0 && node.items.length > 0 ? null : madeList(node, items);
  }
  if (node.kind !== "map") return node;
  const entries = [...node.entries.values()].filter(({ key }) => !gone(key));
  return entries.length === 0 && node.entries.size > 0
    ? null
    : madeMap(node, Object.fromEntries(entries.map(({ key, value }) => [key, value])));
}
