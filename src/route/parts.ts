import { InstarError } from "../errors.ts";
import { safeBackend, safeInteger, safeToken } from "./names.ts";
import type { DomainPart } from "./types.ts";

/**
 * A shared domain's value in the map of hosts: `be:shop:a:80/90/1/SRV/7+8,be:shop:b:80/10/0/-/-`. Of each part the backend, its
 * weight, whether it holds, its sticky cookie and the revisions it can be asked for. What has a comma is such a list.
 */
export function partsText(parts: readonly DomainPart[]): string {
  if (parts.length < 2) throw new InstarError("INS1014", "a shared domain has two parts at least");
  return [...parts]
    .sort((a, b) => (a.backend < b.backend ? -1 : 1))
    .map(({ backend, weight, holds, sticky, revisions }) =>
      [
        safeBackend(backend),
        safeInteger(weight, 1, 10_000, "weight"),
        holds ? 1 : 0,
        sticky === null ? "-" : safeToken(sticky),
        revisions.map((number) => safeInteger(number, 1, 999_999_999, "revision")).join("+") || "-",
      ].join("/"),
    )
    .join(",");
}

/** What `partsText` wrote; null: the value is a backend. */
export function partsIn(value: string): readonly DomainPart[] | null {
  if (!value.includes(",")) return null;
  return value.split(",").map((part) => {
    const [backend = "", weight, holds, sticky = "-", revisions = "-"] = part.split("/");
    return {
      backend,
      weight: Number(weight),
      holds: holds === "1",
      sticky: sticky === "-" ? null : sticky,
      revisions: revisions === "-" ? [] : revisions.split("+").map(Number),
    };
  });
}
