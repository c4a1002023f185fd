import { type Aliases, aliasesOf, closingLinks } from "./links.ts";
import { wordOf } from "./old-service.ts";
import { type OldProxy, proxiesOf } from "./proxies.ts";
import type { OldStack } from "./types.ts";
import { volumeNames } from "./volumes.ts";

/** What a key's meaning depends on besides its own value. */
export interface Surroundings {
  readonly stack: OldStack;
  /** The HAProxy services, which the router takes the place of. */
  readonly proxies: ReadonlyMap<string, OldProxy>;
  /** Services that a proxy links to. */
  readonly backends: ReadonlySet<string>;
  /** Those of `net: host`. */
  readonly onHost: ReadonlySet<string>;
  /** Links, as `from to`, that would close a circle of dependencies. */
  readonly closing: ReadonlySet<string>;
  /** What volumes without a name are called, by `service path`; those that keep none are not there. */
  readonly volumeNames: ReadonlyMap<string, string>;
  /** Which service answers to which name; grows as links are read. */
  readonly aliases: Aliases;
}

export function surroundingsOf(stack: OldStack): Surroundings {
  const proxies = proxiesOf(stack);
  return {
    stack,
    proxies,
    backends: new Set([...proxies.values()].flatMap(({ backends }) => backends)),
    onHost: new Set([...stack.values()].filter((service) => wordOf(service, "net") === "host").map(({ name }) => name)),
    closing: closingLinks(stack, new Set(proxies.keys())),
    volumeNames: volumeNames(stack),
    aliases: aliasesOf(stack, new Set(proxies.keys())),
  };
}
