import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InstarError } from "../errors.ts";

const SHORTEST_BYTES = 32;

/**
 * Made at the first start, whole or not at all. Whoever can read `token` may use the API; who has `hook-key` can tell that a hook's
 * message is from here. Raises INS7008 for a file with fewer than 32 bytes: whoever logs in with nothing would be let in by an empty one.
 */
export function secretIn(home: string, name: "token" | "hook-key"): string {
  const path = join(home, name);
  if (!existsSync(path)) {
    writeFileSync(`${path}.new`, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
  }
  const secret = readFileSync(path, "utf8").trim();
  if (Buffer.byteLength(secret) < SHORTEST_BYTES) throw new InstarError("INS7008", `${path} has fewer than ${SHORTEST_BYTES} bytes`);
  return secret;
}
