import { type CatalogueRow, row } from "./row.ts";

/** 4xxx: the router. */
export const ROUTER = {
  INS4001: row("a port is taken by another process", 409, 1, "stop the other program, or publish another port"),
  INS4002: row("the router does not answer", 503, 1, "instar doctor tells why; the last good table goes on serving", true),
  INS4003: row(
    "the router refused its configuration",
    500,
    1,
    "the last good one goes on serving; please report this with the message",
    true,
  ),
  INS4004: row(
    "the router's image cannot be used",
    503,
    69,
    "HAProxy 3.0 or newer is needed; run script/setup, or set INSTAR_ROUTER_IMAGE",
  ),
} as const satisfies Record<string, CatalogueRow>;
