import { suggest } from "../../lib/suggest.ts";
import { isObjectName, show } from "../names.ts";
import { fail, type Node } from "../node.ts";
import type { Translate } from "./keys.ts";
import { madeText } from "./made.ts";
import type { OldStack } from "./types.ts";
import { textOf } from "./values.ts";

export interface Link {
  /** As written, without the alias. */
  readonly target: string;
  readonly alias: string;
}

/** `SERVICE`, `SERVICE:ALIAS`, `SERVICE.STACK:ALIAS`. Raises INS1004. */
export function readLink(node: Node): Link {
  const [target = "", alias = target, ...more] = textOf(node).split(":");
  if (target === "" || alias === "" || more.length > 0)
    return fail("INS1004", node, `${show(textOf(node))} is not a link`, "write SERVICE, SERVICE:ALIAS or SERVICE.STACK:ALIAS");
  return { target, alias };
}

/** Which service answers to a name. */
export type Aliases = Map<string, string>;

export const aliasesOf = (stack: OldStack, proxies: ReadonlySet<string>): Aliases =>
  new Map([...stack.keys()].filter((name) => !proxies.has(name)).map((name) => [name, name]));

const linksOf = (stack: OldStack, name: string): string[] => {
  const node = stack.get(name)?.keys.get("links")?.value;
  return node?.kind === "list" ? node.items.map((item) => readLink(item).target).filter((target) => stack.has(target)) : [];
};

/**
 * The links, as `from to`, without which no circle is left: a link is a dependency in Compose, and in a stackfile two services could link
 * each other. Each is met once, without recursion: a chain may be as long as the file.
 */
export function closingLinks(stack: OldStack, proxies: ReadonlySet<string>): Set<string> {
  const closing = new Set<string>();
  const state = new Map<string, "open" | "done">();
  for (const start of stack.keys()) {
    if (state.has(start) || proxies.has(start)) continue;
    const path = [{ name: start, left: linksOf(stack, start) }];
    state.set(start, "open");
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = top.left.shift();
      if (target === undefined) {
        state.set(top.name, "done");
        path.pop();
      } else if (state.get(target) === "open") closing.add(`${top.name} ${target}`);
      else if (!state.has(target) && !proxies.has(target)) {
        state.set(target, "open");
        path.push({ name: target, left: linksOf(stack, target) });
      }
    }
  }
  return closing;
}

/**
 * A link stays one: a name on the stack's network, and a start order. Its alias is then a name of the other service that everyone on
 * the network finds, so that it can be that of one service only.
 */
export const translateLinks: Translate = (key, { name }, draft, { stack, proxies, onHost, closing, aliases }) => {
  const out = (item: Node, note: string) => draft.note(item, name, key.written, null, `${show(textOf(item))}: ${note}`);
  const written = new Set<string>();
  for (const item of key.value.kind === "list" ? key.value.items : []) {
    const { target, alias } = readLink(item);
    if (!stack.has(target)) out(item, outside(target, stack));
    else if (proxies.has(target)) out(item, "the router takes the place of that service; what it serves is found at its domains and ports");
    else if (onHost.has(name)) out(item, "a service on the host's network finds no other by name; publish a port of that one");
    else {
      const free = alias === target || (isObjectName(alias) && !onHost.has(target) && (aliases.get(alias) ?? target) === target);
      if (free) aliases.set(alias, target);
      else out(item, `the name ${alias} ${whyNot(alias, aliases.get(alias), onHost.has(target))}: it is reached as ${target}`);
      const line = free && alias !== target ? `${target}:${alias}` : target;
      const closes = closing.has(`${name} ${target}`);
      if (closes && free && alias !== target) draft.add(target, "networks.default.aliases", madeText(item, alias));
      if (closes) out(item, "services that link each other have no start order; they find each other by name");
      else if (!written.has(line)) draft.add(name, key.key, madeText(item, line));
      written.add(line);
    }
  }
  if (draft.get(name, key.key) !== null)
    draft.note(
      key,
      name,
      key.written,
      key.key,
      "the names are found on the stack's network, and the other service starts first; variables of a link (DB_PORT_…, DB_ENV_…) are not set",
    );
  else if (written.size === 0 && key.value.kind === "list" && key.value.items.length === 0)
    draft.note(key, name, key.written, null, "it says nothing");
};

function outside(target: string, stack: OldStack): string {
  const near = suggest(target, stack.keys());
  const meant = near === null ? "" : ` (did you mean ${near}?)`;
  return `there is no such service in this file${meant}; a service of another stack is found on a network that both join, declared as external in one of them`;
}

const whyNot = (alias: string, taken: string | undefined, onHost: boolean): string => {
  if (onHost) return "cannot be had by a service on the host's network";
  return isObjectName(alias) ? `is that of ${taken ?? "another"} already` : "cannot be a name on a network";
};
