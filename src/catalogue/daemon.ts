import { type CatalogueRow, row } from "./row.ts";

/** 7xxx: the daemon and everything else. */
export const DAEMON = {
  INS7001: row("the daemon cannot be reached", 503, 69, "start it: instar server"),
  INS7002: row("not allowed", 401, 77, "set INSTAR_TOKEN, or use the socket as its owner"),
  INS7003: row("the socket path is too long", 500, 64, "set INSTAR_HOME to a shorter path; the limit is 100 bytes"),
  INS7004: row("the listen address cannot be used", 500, 1, "set INSTAR_LISTEN to a free address"),
  INS7005: row("an unforeseen error", 500, 1, "this is a defect of Instar; please report it with the message"),
  INS7006: row(
    "the request comes from an unexpected place",
    403,
    77,
    "use http://localhost or the address of INSTAR_LISTEN, from the page itself",
  ),
  INS7007: row("too many failed logins", 429, 77, "wait a minute; the token is in INSTAR_HOME, readable by its owner", true),
  INS7008: row(
    "the token or the key of the hooks is damaged",
    500,
    1,
    "restore the file from a backup, or delete it: the next start makes a new one, which clients need then",
  ),
  INS7009: row("the token does not reach that", 403, 77, "ask whoever made it: instar token create has --role, --service and --stack"),
  INS7010: row("the token's name is taken", 409, 64, "instar token ls lists them; remove that one, or take another name"),
  INS7011: row("no such token", 404, 1, "instar token ls lists them"),
  INS7016: row(
    "what starts this machine's services cannot be asked",
    500,
    69,
    "see what it says; `instar server` can be started by anything that starts it again when it ends",
  ),
  INS7017: row("something is in the way", 500, 64, "look at it; --force replaces it"),
} as const satisfies Record<string, CatalogueRow>;
