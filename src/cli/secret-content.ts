import { createReadStream } from "node:fs";
import { createInterface } from "node:readline/promises";
import { type Readable, Writable } from "node:stream";
import { InstarError } from "../errors.ts";
import type { Cli } from "./cli.ts";

const MAX_BYTES = 1024 * 1024;

/**
 * The bytes of a file, or of standard input for `-` and for nothing; on a terminal one line is asked for and not shown. What was
 * written in a file's place is not repeated in errors: it may be the content itself. Raises INS2010, INS2103.
 */
export async function secretContent(cli: Cli, from: string | undefined, asked: string): Promise<Buffer> {
  if (from !== undefined && from !== "-") return whole(createReadStream(from), "the file");
  if (!process.stdin.isTTY) return whole(process.stdin, "standard input");
  if (cli.json) throw new InstarError("INS2103", "nobody is asked with --json");
  return askHidden(cli, asked);
}

async function whole(stream: Readable, what: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of stream) {
      pieces.push(piece as Buffer);
      bytes += (piece as Buffer).length;
      if (bytes > MAX_BYTES)
        throw new InstarError("INS2010", `${what} has more than 1 MiB`, { hint: "mount a large file as a volume or bind" });
    }
  } catch (cause) {
    if (cause instanceof InstarError) throw cause;
    const { code = "" } = cause as NodeJS.ErrnoException;
    throw new InstarError("INS2103", `${what} ${code === "ENOENT" ? "does not exist" : `cannot be read: ${code}`}`, { cause });
  }
  return Buffer.concat(pieces);
}

async function askHidden(cli: Cli, asked: string): Promise<Buffer> {
  const nowhere = new Writable({ write: (_piece, _encoding, done) => done() });
  const asking = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  try {
    // The terminal echoes what is typed until there is a reader: who is asked before that may be quicker.
    cli.stderr.draw(`${asked}, one line, not shown: `);
    // Ctrl-C and Ctrl-D leave a question open for ever.
    const left = new Promise<string>((resolve) => asking.once("close", () => resolve("")));
    const typed = await Promise.race([asking.question(""), left]);
    if (typed === "") throw new InstarError("INS2103", "nothing was typed; nothing was done");
    return Buffer.from(typed, "utf8");
  } finally {
    asking.close();
    cli.stderr.draw("\n");
  }
}
