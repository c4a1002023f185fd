import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { InstarError } from "../../errors.ts";
import { homeOf } from "../../lib/home.ts";
import type { Cli, Exit, Verb } from "../cli.ts";
import { connect } from "../client.ts";
import { examples } from "../examples.ts";
import { isOurs, placesIn, putFile, putLink, takeFile, takeLink, textOf } from "../service-files.ts";
import { SETTINGS, settingsFileOf, settingsIn, unitOf } from "../unit.ts";

const SETTINGS_FILE = "/etc/default/instar";
const PATIENCE_MS = 60_000;
const AGAIN_MS = 200;
const run = promisify(execFile);

/** The daemon as a service that starts with the machine. */
export const init: Verb = {
  declare: (command) =>
    examples(
      command
        .option("--print", "print the unit and do nothing")
        .option("--remove", "stop the daemon and take the service away; what it deployed goes on, and INSTAR_HOME stays")
        .option("--force", "replace a unit or a command of this name that somebody else put there")
        .option("--root <folder>", "write below this folder, for a machine that is not running; nothing is started")
        .addHelpText("after", `\nSettings that are set here (INSTAR_LISTEN, …) go into ${SETTINGS_FILE}, which is yours after that.`),
      "init",
      "init --print",
      "INSTAR_HTTP_PORT=8080 instar init",
      "init --remove",
    ),
  async run(cli, _args, options) {
    const unit = unitOf(cli.program, SETTINGS_FILE);
    if (options.print === true) {
      if (cli.json) cli.document({ unit });
      else cli.print(unit.trimEnd());
      return 0;
    }
    const root = typeof options.root === "string" ? options.root : null;
    if (root === null && !existsSync("/run/systemd/system")) throw new InstarError("INS7016", "systemd does not run this machine");
    return options.remove === true ? remove(cli, root) : install(cli, unit, root, options.force === true);
  },
};

async function install(cli: Cli, unit: string, root: string | null, force: boolean): Promise<Exit> {
  const places = placesIn(root ?? "/");
  const kept = textOf(places.settings);
  if (kept === null) putFile(places.settings, settingsFileOf(cli.env), force);
  else tellOthers(cli, settingsIn(kept));
  const state = putFile(places.unit, unit, force);
  putLink(places.command, cli.program, force);
  putLink(places.wanted, "../instar.service", force);
  const settings = kept === null ? cli.env : settingsIn(kept);
  const home = homeOf(settings, 0, "/root");
  if (root === null) {
    await systemctl("daemon-reload");
    // One that runs is another program now, or has other settings: what it deployed goes on meanwhile.
    await systemctl(state === "unchanged" ? "start" : "restart", "instar");
    await answering(settings);
  }
  const result = { unit: places.unit, settings: places.settings, command: places.command, state, home: home.path, started: root === null };
  if (cli.json) {
    cli.document(result);
    return 0;
  }
  cli.print(`${state} ${places.unit}; settings in ${places.settings}, the command in ${places.command}`);
  if (root === null) cli.print(`the daemon answers, and starts with this machine; its log: journalctl -u instar`);
  if (root === null && settings.INSTAR_LISTEN !== "none")
    cli.print(`the page: http://${settings.INSTAR_LISTEN || "127.0.0.1:7080"}/ with the token in ${home.tokenFile}`);
  return 0;
}

async function remove(cli: Cli, root: string | null): Promise<Exit> {
  const places = placesIn(root ?? "/");
  const there = isOurs(places.unit);
  if (root === null && there) await systemctl("stop", "instar");
  if (there) takeFile(places.unit);
  takeLink(places.wanted, "../instar.service");
  takeLink(places.command, cli.program);
  if (root === null && there) await systemctl("daemon-reload");
  const home = homeOf(settingsIn(textOf(places.settings) ?? ""), 0, "/root").path;
  if (cli.json) cli.document({ removed: there ? places.unit : null, home });
  else if (there) cli.print(`removed ${places.unit}; what was deployed goes on, ${home} and ${places.settings} stay`);
  else cli.print(`there is no service of instar init's at ${places.unit}`);
  return 0;
}

/** The file counts, not what is set here: said, so that nobody waits for a setting that is not there. */
function tellOthers(cli: Cli, kept: Readonly<Record<string, string>>): void {
  for (const name of SETTINGS) {
    const here = cli.env[name];
    if (here && here !== kept[name])
      cli.remark(`${name} is ${here} here, and ${kept[name] ?? "not set"} in ${SETTINGS_FILE}, which counts: change it there`);
  }
}

/** Raises INS7016 with what systemd said. */
async function systemctl(...words: readonly string[]): Promise<void> {
  try {
    await run("systemctl", words);
  } catch (cause) {
    const { stderr, message } = cause as { readonly stderr?: string; readonly message: string };
    throw new InstarError("INS7016", `systemctl ${words.join(" ")} failed: ${(stderr || message).trim()}`, { cause });
  }
}

/** Raises INS7001 when it does not answer within a minute. */
async function answering(settings: Readonly<Record<string, string | undefined>>): Promise<void> {
  const home = homeOf(settings, 0, "/root");
  const limit = Date.now() + PATIENCE_MS;
  while (true) {
    try {
      const client = await connect({}, home, (operation) => operation());
      await client.download("/healthz");
      client.close();
      return;
    } catch (error) {
      if (!(error instanceof InstarError) || error.code !== "INS7001") throw error;
      if (Date.now() > limit)
        throw new InstarError("INS7001", "the service was started and does not answer", {
          cause: error,
          hint: "its log says why: journalctl -u instar -n 20",
        });
    }
    await wait(AGAIN_MS);
  }
}
