import { constants } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { InstarError } from "../errors.ts";
import type { ContentSource } from "../spec/secrets.ts";
import type { UpRequest } from "./client.ts";

const MAX_BYTES = 1024 * 1024;

/** Contents of secrets and configs, read with the caller's rights. Raises INS1031 and INS1012 with the place that names the file. */
export async function readContents(sources: ReadonlyMap<string, ContentSource>): Promise<NonNullable<UpRequest["contents"]>> {
  const found: NonNullable<UpRequest["contents"]> = {};
  for (const [name, source] of sources) {
    const { bytes, executable } = source.from.kind === "text" ? plain(source.from.text) : await read(source.from.path, source);
    if (bytes.length > MAX_BYTES)
      throw new InstarError("INS1012", `${source.where.path}: the content is larger than ${MAX_BYTES / 1024} KiB`, {
        at: source.where.at,
        hint: "mount a large file as a volume or bind",
      });
    found[name] = { base64: bytes.toString("base64"), executable };
  }
  return found;
}

const plain = (text: string): { bytes: Buffer; executable: boolean } => ({ bytes: Buffer.from(text, "utf8"), executable: false });

async function read(path: string, { where }: ContentSource): Promise<{ bytes: Buffer; executable: boolean }> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new InstarError("INS1031", `${where.path}: ${path} ${why}`, { at: where.at, cause });
  };
  try {
    const found = await stat(path);
    if (!found.isFile()) return refuse("is not a plain file");
    // What would be too large is not read first.
    if (found.size > MAX_BYTES) return { bytes: Buffer.alloc(MAX_BYTES + 1), executable: false };
    return { bytes: await readFile(path), executable: (found.mode & constants.S_IXUSR) !== 0 };
  } catch (error) {
    if (error instanceof InstarError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? "";
    return refuse(code === "ENOENT" ? "does not exist" : `cannot be read: ${code || String(error)}`, error);
  }
}
