import { homedir } from "node:os";
import { Command, CommanderError } from "commander";
import { InstarError } from "../errors.ts";
import { homeOf } from "../lib/home.ts";
import type { Cli, Exit, Verb } from "./cli.ts";
import type { Client } from "./client.ts";
import { detachable } from "./detach.ts";
import { catalogued, errorLine, exitOf } from "./failure.ts";
import { harmless, harmlessJson } from "./harmless.ts";
import { type Paint, paintFor } from "./paint.ts";
import { unwritable } from "./unwritable.ts";
import { VERBS } from "./verbs.ts";

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly program: string;
  readonly serve: Cli["serve"];
  readonly restore: Cli["restore"];
  readonly stdout: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown };
}

/** Runs one verb. Only its own module is loaded. Resolves to the exit code; every error has been printed. */
export async function runCli(argv: readonly string[], around: Surroundings): Promise<number> {
  let client: Client | null = null;
  const screen = ({ isTTY = false }: { readonly isTTY?: boolean }) => ({
    tty: isTTY && around.env.TERM !== "dumb",
    paint: paintFor(around.env, isTTY),
  });
  const [out, err] = [screen(around.stdout), screen(around.stderr)];
  // The one way out for what others wrote: names, reasons, events, log lines.
  const shown = (text: string, { paint }: { readonly paint: Paint }): string => `${harmless(text, paint.isColorSupported)}\n`;
  const cli: Cli = {
    env: around.env,
    home: homeOf(around.env, process.getuid?.() ?? -1, userHome()),
    version: around.version,
    program: around.program,
    json: wantsJson(argv),
    ...out,
    stderr: { ...err, draw: (text) => void around.stderr.write(text) },
    async client() {
      client ??= await (await import("./client.ts")).connect(cli.env, cli.home, (change) => detachable(cli, change));
      return client;
    },
    print: (line) => void around.stdout.write(shown(line, out)),
    remark: (line) => void (cli.json || around.stderr.write(shown(line, err))),
    error: (error) => tellError(error, cli.json, around),
    document: (value) => void around.stdout.write(`${harmlessJson(JSON.stringify(value))}\n`),
    serve: around.serve,
    restore: around.restore,
  };
  try {
    return await perform(argv, cli, around);
  } catch (error) {
    return failed(error, cli.json, around);
  } finally {
    (client as Client | null)?.close();
  }
}

/** What stands behind -- is somebody else's command (instar exec). */
const wantsJson = (argv: readonly string[]): boolean =>
  argv.slice(0, argv.includes("--") ? argv.indexOf("--") : argv.length).includes("--json");

/** Tells of what nothing could be printed for any more, such as a full disk behind `>`. The exit code. */
export const outputFailed = (error: Error, argv: readonly string[], around: Surroundings): Exit =>
  failed(unwritable("standard output", error), wantsJson(argv), around);

function failed(error: unknown, json: boolean, around: Surroundings): Exit {
  const known = catalogued(error);
  tellError(known, json, around);
  if (around.env.INSTAR_DEBUG && error instanceof Error) around.stderr.write(`${harmless(error.stack ?? "", false)}\n`);
  return exitOf(known);
}

function tellError(error: InstarError, json: boolean, around: Surroundings): void {
  const paint = paintFor(around.env, around.stderr.isTTY ?? false);
  const line = json ? harmlessJson(errorLine(error, true)) : harmless(errorLine(error, false, paint.red), paint.isColorSupported);
  around.stderr.write(`${line}\n`);
}

/** A user whom no passwd has, and no HOME: `/`, as in a container. */
function userHome(): string {
  try {
    return homedir();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SYSTEM_ERROR") throw error;
    return "/";
  }
}

async function perform(argv: readonly string[], cli: Cli, around: Surroundings): Promise<Exit> {
  const result: { exit: Exit } = { exit: 0 };
  const program = new Command("instar")
    .description("Immutable deployments for containers: a Compose file in, a system that is always equal to it.")
    .version(around.version, "-V, --version")
    .option("--json", "print JSON: one document, or one a line for streams")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void around.stdout.write(text),
      // Written by runCli, in the one form that errors have.
      writeErr: () => {},
      outputError: () => {},
    })
    .addHelpText("after", "\nSERVICE is stack/service, or service where only one stack has it.\ninstar VERB --help shows examples.");
  const wanted = argv.find((word) => !word.startsWith("-"));
  const help = wanted === "help" ? argv[argv.indexOf("help") + 1] : wanted;
  for (const [name, { summary, load }] of Object.entries(VERBS)) {
    const command = program.command(name).summary(summary).description(summary).exitOverride();
    if (name !== help) continue;
    const verb: Verb = await load();
    verb.declare(command).action(async (...given: unknown[]) => {
      result.exit = await verb.run(cli, command.args, given.at(-2) as Record<string, unknown>);
    });
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    // No verb at all: what is wanted is the list of them.
    if (error.code === "commander.help") {
      program.outputHelp();
      return 64;
    }
    const verb = wanted !== undefined && wanted in VERBS ? ` ${wanted}` : "";
    const [cause = "usage", ...more] = error.message.replace(/^error: /, "").split("\n");
    const suggestion = more.join(" ").replace(/^\((.*)\)$/, "$1");
    throw new InstarError("INS2001", cause, { hint: suggestion || `see instar${verb} --help`, cause: error });
  }
  return result.exit;
}
