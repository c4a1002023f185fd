import { readFileSync, statSync } from "node:fs";
import { InstarError } from "../errors.ts";
import { MAX_BYTES } from "./yaml.ts";

const ABSENT = new Set(["ENOENT", "ENOTDIR"]);

/** The real reader: text of a file, null when there is none, `-` for standard input. Raises INS1001 and INS1012. */
export function readTextFile(path: string): string | null {
  try {
    if (path !== "-") {
      const stat = statSync(path);
      if (stat.isDirectory()) throw new InstarError("INS1001", `${path} is a folder`, { cause: "EISDIR" });
      // Devices have no size and no end.
      if (stat.isCharacterDevice() || stat.isBlockDevice()) throw new InstarError("INS1001", `${path} is a device`);
      if (stat.size > MAX_BYTES) throw new InstarError("INS1012", `${path} is larger than ${MAX_BYTES / 1024} KiB`);
    }
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (error) {
    if (error instanceof InstarError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (ABSENT.has(code)) return null;
    throw new InstarError("INS1001", `${path} cannot be read: ${code || String(error)}`, { cause: error });
  }
}
