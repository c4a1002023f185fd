import { createInterface } from "node:readline/promises";
import { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { InstarError } from "../../errors.ts";
import type { Cli, Exit, Verb } from "../cli.ts";
import { answer, asError, type Client } from "../client.ts";
import { examples } from "../examples.ts";
import { piecesOf } from "../frames.ts";

export const exec: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("<target>", "an instance, or a service: its first instance")
        .argument("<command...>", "after --, with its arguments")
        .option("-r, --reason <text>", "why: it is kept with who and the command")
        .option("-T, --no-tty", "no terminal for the command, though this is one")
        .addHelpText("after", "\nThe instance is tainted by it and will be replaced. Instar's exit code is the command's."),
      "exec shop/web --reason 'the pool is stuck, dumping threads' -- kill -3 1",
      "exec shop-web-r7-1-a1 -- sh",
    ),
  async run(cli, [target = "", ...command], options) {
    const terminal = process.stdin.isTTY === true && cli.tty && !cli.json;
    const reason = typeof options.reason === "string" ? options.reason : await why(terminal);
    const tty = terminal && options.tty !== false;
    const { columns = null, rows = null } = tty ? process.stdout : {};
    const client = await cli.client();
    const body = { target, command, reason, tty, columns, rows };
    const opened = await answer(client.api.POST("/v1/execs", { body }));
    cli.remark(`${opened.instance} is entered, recorded, and tainted from here on`);
    return (await through(cli, client, opened.id, tty)) as Exit;
  },
};

async function why(terminal: boolean): Promise<string> {
  if (!terminal) throw new InstarError("INS2039", "no reason is given", { hint: "add --reason TEXT before the --" });
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const left = new Promise<string>((resolve) => asking.once("close", () => resolve("")));
    return await Promise.race([asking.question("Why? It is kept with your name and the command: "), left]);
  } finally {
    asking.close();
  }
}

/** Input there, output here, until the command ends. Its exit code. */
async function through(cli: Cli, client: Client, id: string, tty: boolean): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const input = Readable.from(chunksOf(stdin), { objectMode: false });
  const size = (): void => {
    client.api
      .POST("/v1/execs/{id}/size", { params: { path: { id } }, body: { columns: stdout.columns, rows: stdout.rows } })
      // The next change tries again.
      .catch(() => undefined);
  };
  if (tty) {
    stdin.setRawMode(true);
    stdout.on("resize", size);
  }
  // A character may be cut where one frame ends and the next begins.
  const [out, err] = [new StringDecoder(), new StringDecoder()];
  try {
    for await (const { type, payload } of piecesOf(await client.exchange(`/v1/execs/${id}/run`, input))) {
      if (type === 3) return Number(payload.toString());
      if (type === 4) throw asError(JSON.parse(payload.toString()), 500);
      if (cli.json) cli.document({ stream: type === 2 ? "stderr" : "stdout", text: (type === 2 ? err : out).write(payload) });
      else (type === 2 ? stderr : stdout).write(payload);
    }
    throw new InstarError("INS7001", "the daemon went away; the command may go on");
  } finally {
    if (tty) {
      stdin.setRawMode(false);
      stdout.off("resize", size);
    }
    input.destroy();
    stdin.destroy();
  }
}

async function* chunksOf(stdin: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  for await (const chunk of stdin) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
}
