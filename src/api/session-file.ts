import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { SessionFile } from "./session.ts";

/**
 * The sessions' seals in a file that only its owner reads. A disk that is full ends no session and refuses no login: what could not
 * be written is known until the daemon ends. `failed` is told.
 */
export function sessionFile(path: string, failed: (error: unknown) => void): SessionFile {
  return {
    read() {
      try {
        return readFileSync(path, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") failed(error);
        return null;
      }
    },
    write(text) {
      try {
        writeFileSync(`${path}.new`, text, { mode: 0o600 });
        renameSync(`${path}.new`, path);
      } catch (error) {
        failed(error);
      }
    },
  };
}
