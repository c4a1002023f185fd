import { parseReference } from "../../lib/reference.ts";
import { type Variable, variablesOf } from "./environment.ts";
import { readLink } from "./links.ts";
import { itemsOf, wordOf } from "./old-service.ts";
import type { OldService, OldStack } from "./types.ts";

/** An HAProxy service of a stackfile: it served what it linked to. */
export interface OldProxy {
  readonly service: OldService;
  /** By name in capitals. */
  readonly variables: ReadonlyMap<string, Variable>;
  /** The services of this file that it links to, in their order. */
  readonly backends: readonly string[];
}

const IMAGES = new Set(["tutum/haproxy", "dockercloud/haproxy"]);

const isProxy = (service: OldService): boolean => IMAGES.has(parseReference(wordOf(service, "image") ?? "")?.path ?? "");

export function proxiesOf(stack: OldStack): Map<string, OldProxy> {
  const found = [...stack.values()].filter(isProxy);
  const names = new Set(found.map(({ name }) => name));
  return new Map(
    found.map((service) => {
      const links = itemsOf(service.keys.get("links")?.value).map((item) => readLink(item).target);
      const backends = [...new Set(links)].filter((target) => stack.has(target) && !names.has(target));
      return [service.name, { service, variables: variablesOf(service), backends }];
    }),
  );
}

/** It passed connections on, and read no requests. */
export const inTcp = ({ variables }: OldProxy): boolean => variables.get("MODE")?.value?.trim() === "tcp";
