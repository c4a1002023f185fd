import { InstarError } from "../errors.ts";

/** SQLite says "database or disk is full" (SQLITE_FULL) or fails the write (SQLITE_IOERR_WRITE) on a full disk. */
export function asStoreError(cause: unknown): unknown {
  const code = (cause as { code?: string }).code ?? "";
  if (code === "SQLITE_FULL" || code.startsWith("SQLITE_IOERR") || code === "ENOSPC")
    return new InstarError("INS6003", `the store could not be written: ${(cause as Error).message}`, { cause });
  return cause;
}
