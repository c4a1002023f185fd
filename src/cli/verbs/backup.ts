import { createWriteStream, type WriteStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { dirname, resolve } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { InstarError } from "../../errors.ts";
import type { Cli, Verb } from "../cli.ts";
import { examples } from "../examples.ts";
import { size } from "../table.ts";

const REDRAW_MS = 100;

export const backup: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("[file]", "where to; `-` is standard output (default instar-INSTALLATION-DATE.tar.zst)")
        .addHelpText("after", "\nThe file holds keys: it is made readable by its owner only. Volumes and snapshots are not in it."),
      "backup",
      "backup /mnt/elsewhere/instar.tar.zst",
      "backup - | ssh elsewhere 'cat > instar.tar.zst'",
    ),
  async run(cli, args) {
    const answer = await (await cli.client()).download("/v1/backup");
    const named = /filename="([A-Za-z0-9._-]+)"/.exec(answer.headers["content-disposition"] ?? "")?.[1] ?? "instar.tar.zst";
    const file = args[0] ?? named;
    if (file === "-") {
      await received(cli, answer, process.stdout, file);
      return 0;
    }
    const bytes = await save(cli, answer, resolve(file));
    if (cli.json) cli.document({ file: resolve(file), bytes });
    else cli.print(`${file}  ${size(bytes)}; it holds the token and every environment value: keep it as you keep those`);
    return 0;
  },
};

/** Whole under its name, or not there at all. */
async function save(cli: Cli, answer: IncomingMessage, file: string): Promise<number> {
  const temporary = `${file}.tmp`;
  try {
    const to = createWriteStream(temporary, { mode: 0o600, flush: true });
    const bytes = await received(cli, answer, to, file);
    await rename(temporary, file);
    const folder = await open(dirname(file), "r");
    await folder.sync().finally(() => folder.close());
    return bytes;
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}

async function received(cli: Cli, answer: IncomingMessage, to: NodeJS.WriteStream | WriteStream, file: string): Promise<number> {
  let bytes = 0;
  let drawn = 0;
  const counted = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      if (cli.tty && file !== "-" && Date.now() - drawn > REDRAW_MS) {
        drawn = Date.now();
        process.stderr.write(`\r\u001b[2K${size(bytes)}`);
      }
      done(null, piece);
    },
  });
  try {
    if (to === process.stdout) await pipeline(answer, counted, to, { end: false });
    else await pipeline(answer, counted, to);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EACCES" || code === "ENOTDIR" || code === "EISDIR")
      throw new InstarError("INS2001", `${file} cannot be written: ${message}`, { hint: "name another file", cause });
    throw new InstarError("INS7001", `the backup did not arrive whole, and was not kept: ${message}`, { hint: "try again", cause });
  } finally {
    if (drawn > 0) process.stderr.write("\r\u001b[2K");
  }
  return bytes;
}
