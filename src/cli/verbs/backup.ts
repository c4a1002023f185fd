import { resolve } from "node:path";
import { Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { InstarError } from "../../errors.ts";
import type { Cli, Verb } from "../cli.ts";
import { examples } from "../examples.ts";
import { size } from "../table.ts";
import { wholeFile } from "../whole-file.ts";

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
    const { headers, body } = await (await cli.client()).download("/v1/backup");
    const named = /filename="([A-Za-z0-9._-]+)"/.exec(headers["content-disposition"] ?? "")?.[1] ?? "instar.tar.zst";
    const file = args[0] ?? named;
    if (file === "-") {
      await received(cli, body, process.stdout);
      return 0;
    }
    const bytes = await wholeFile(resolve(file), (to) => received(cli, body, to));
    if (cli.json) cli.document({ file: resolve(file), bytes });
    else cli.print(`${file}  ${size(bytes)}; it holds the token and every environment value: keep it as you keep those`);
    return 0;
  },
};

async function received(cli: Cli, body: AsyncIterable<Buffer>, to: Writable): Promise<void> {
  const shown = cli.stderr.tty && !cli.json && to !== process.stdout;
  let bytes = 0;
  let drawn = 0;
  const counted = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      if (shown && Date.now() - drawn > REDRAW_MS) {
        drawn = Date.now();
        cli.stderr.draw(`\r\u001b[2K${size(bytes)}`);
      }
      done(null, piece);
    },
  });
  try {
    await pipeline(body, counted, to, { end: to !== process.stdout });
  } catch (cause) {
    if (!(cause instanceof InstarError)) throw cause;
    throw new InstarError("INS7001", `the backup did not arrive whole, and was not kept: ${cause.message}`, { hint: "try again", cause });
  } finally {
    if (drawn > 0) cli.stderr.draw("\r\u001b[2K");
  }
}
