import { InstarError } from "../errors.ts";

/**
 * What the system said when this (a path, or a name for where it goes) was written, as an error of the catalogue: INS3009 when there is
 * no room (`kept`: what became of the part that was written), else INS2001. Anything that is not of a system call is handed back as it came.
 */
export function unwritable(what: string, error: unknown, kept = ""): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (error instanceof InstarError || syscall === undefined) return error;
  if (code === "ENOSPC" || code === "EDQUOT")
    return new InstarError("INS3009", `there is no room for ${what}${kept}: ${message}`, {
      hint: "free space there, or name a file elsewhere",
      cause: error,
    });
  return new InstarError("INS2001", `${what} cannot be written: ${message}`, { hint: "name another file", cause: error });
}
