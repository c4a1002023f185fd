import { type CatalogueRow, row } from "./row.ts";

/** 6xxx: the store. */
export const STORE = {
  INS6001: row(
    "the store was written by a newer Instar",
    500,
    1,
    "start the newer version, or restore the backup taken before the upgrade",
  ),
  INS6002: row("the home is in use by another daemon", 409, 1, "stop the other one, or set another INSTAR_HOME"),
  INS6003: row("no space left for the store", 507, 1, "free space under INSTAR_HOME; nothing was changed", true),
  INS6010: row("the backup cannot be used", 400, 65, "take another copy of the file, or an older backup; nothing was changed"),
  INS6011: row("the home is not empty", 409, 1, "add --force to move it aside, or restore into another folder with --home"),
  INS6012: row(
    "the store could not be upgraded",
    500,
    1,
    "the file from before is untouched: start the version that wrote it, and report this",
  ),
  INS6013: row("there is nothing to recover", 404, 1, "start without --recover, or restore a backup"),
  INS6014: row("it is not clear what to recover", 409, 64, "name the installation: --recover=ID"),
  INS6015: row("the home is not lost", 409, 1, "start without --recover"),
  INS6031: row(
    "a stored secret or config is gone or was changed",
    500,
    1,
    "instar up writes it again; an older one comes from a backup of INSTAR_HOME/files",
  ),
} as const satisfies Record<string, CatalogueRow>;
