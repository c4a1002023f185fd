import { InstarError } from "../errors.ts";

const ROLLED_BACK = /cannot rollback - no transaction is active/;

const UNWRITABLE =
  "see why files under INSTAR_HOME cannot be written (another user's, a read-only mount, an immutable file, a failing disk); nothing was changed";

/**
 * SQLite says "database or disk is full" (SQLITE_FULL) or fails the write (SQLITE_IOERR_WRITE) on a full disk; when that
 * happens at the commit it has rolled back already, which is all that the caller hears.
 */
export function asStoreError(cause: unknown): unknown {
  if (cause instanceof InstarError) return cause;
  const { code = "", message = "" } = cause as { code?: string; message?: string };
  if (code.startsWith("SQLITE_CANTOPEN"))
    return new InstarError("INS6003", `the store could not be opened: ${message}`, { cause, hint: UNWRITABLE });
  if (code.startsWith("SQLITE_READONLY"))
    return new InstarError("INS6003", `the store could not be written: ${message}`, { cause, hint: UNWRITABLE });
  if (ROLLED_BACK.test(message) || code === "SQLITE_FULL" || code.startsWith("SQLITE_IOERR") || code === "ENOSPC")
    return new InstarError("INS6003", `the store could not be written: ${(cause as Error).message}`, { cause });
  return cause;
}
