import { existsSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { InstarError } from "../../errors.ts";
import { type Home, homeOf } from "../../lib/home.ts";
import { called } from "../called.ts";
import type { Cli, Exit, Verb } from "../cli.ts";
import { connect } from "../client.ts";
import { CONTAINER, isShared, namedWords, oursWords, runWords } from "../daemon-container.ts";
import { examples } from "../examples.ts";
import { isOurs, type Places, placesIn, putFile, putLink, takeFile, takeLink, textOf, wasOurs } from "../service-files.ts";
import { SETTINGS, settingsFileOf, settingsIn, unitOf } from "../unit.ts";

const SETTINGS_FILE = "/etc/default/instar";
const SYSTEMD = "/run/systemd/system";
const PATIENCE_MS = 60_000;
const AGAIN_MS = 200;

/** The daemon as a service that starts with the machine. */
export const init: Verb = {
  declare: (command) =>
    examples(
      command
        .option("--container", "in a container that the engine starts, where there is no systemd")
        .option("--print", "print the unit, or with --container the command, and do nothing")
        .option("--remove", "stop the daemon and take the service away; what it deployed goes on, and INSTAR_HOME stays")
        .option("--force", "replace a unit, a container or a command of this name that somebody else put there")
        .option("--root <folder>", "write below this folder, for a machine that is not running; nothing is started")
        .addHelpText("after", `\nSettings that are set here (INSTAR_LISTEN, …) go into ${SETTINGS_FILE}, which is yours after that.`),
      "init",
      "init --print",
      "init --container",
      "init --remove",
    ),
  async run(cli, _args, options) {
    const root = typeof options.root === "string" ? options.root : null;
    const container = options.container === true;
    if (container && root !== null) throw new InstarError("INS2001", "--root is for a machine that does not run, which has no engine");
    const places = placesIn(root ?? "/");
    if (options.print === true) return print(cli, places, container);
    if (options.remove === true) return remove(cli, places, root === null);
    if (!container && root === null && !existsSync(SYSTEMD))
      throw new InstarError("INS7016", "systemd does not run this machine", { hint: "let the engine start it: instar init --container" });
    return install(cli, places, { container, start: root === null, force: options.force === true });
  },
};

function print(cli: Cli, places: Places, container: boolean): Exit {
  const text = container ? ["docker", ...runOf(cli, settingsNow(cli, places))].join(" ") : unitOf(cli.program, SETTINGS_FILE);
  if (cli.json) cli.document({ [container ? "command" : "unit"]: text });
  else cli.print(text.trimEnd());
  return 0;
}

interface How {
  readonly container: boolean;
  readonly start: boolean;
  readonly force: boolean;
}

async function install(cli: Cli, places: Places, { container, start, force }: How): Promise<Exit> {
  if (container && isOurs(places.unit))
    throw new InstarError("INS7017", `${places.unit} starts it already`, { hint: "instar init --remove" });
  const kept = textOf(places.settings);
  if (kept === null) putFile(places.settings, settingsFileOf(cli.env), force);
  else tellOthers(cli, settingsIn(kept));
  // Before the unit, which says where this checkout was.
  putLink(places.command, cli.program, force || wasOurs(places));
  const settings = settingsNow(cli, places);
  const home = homeOf(settings, 0, "/root");
  if (container) {
    await removeContainer(force);
    await alone(home);
    await called("docker", ...runOf(cli, settings));
  } else {
    putFile(places.unit, unitOf(cli.program, SETTINGS_FILE), force);
    putLink(places.wanted, "../instar.service", force);
    if (start) {
      await called("systemctl", "daemon-reload");
      // Also one that runs: this checkout may be newer than what it was started from. What is deployed goes on meanwhile.
      await called("systemctl", "stop", "instar");
      await alone(home);
      await called("systemctl", "start", "instar");
    }
  }
  const log = container ? `docker logs ${CONTAINER}` : "journalctl -u instar";
  if (start) await answering(home, log);
  const service = container ? { container: CONTAINER } : { unit: places.unit };
  if (cli.json) cli.document({ ...service, settings: places.settings, command: places.command, home: home.path, started: start });
  else {
    cli.print(`${container ? `container ${CONTAINER}` : places.unit}, settings in ${places.settings}, the command is ${places.command}`);
    if (start) cli.print(`the daemon answers, and starts with this machine; its log: ${log}`);
    if (start && settings.INSTAR_LISTEN !== "none")
      cli.print(`the page: http://${settings.INSTAR_LISTEN ?? "127.0.0.1:7080"}/ with the token in ${home.tokenFile}`);
  }
  return 0;
}

async function remove(cli: Cli, places: Places, running: boolean): Promise<Exit> {
  const removed: string[] = [];
  const systemd = running && existsSync(SYSTEMD);
  const moved = wasOurs(places);
  if (isOurs(places.unit)) {
    if (systemd) await called("systemctl", "stop", "instar");
    takeFile(places.unit);
    removed.push(places.unit);
  }
  takeLink(places.wanted, "../instar.service", false);
  takeLink(places.command, cli.program, moved);
  if (systemd && removed.length > 0) await called("systemctl", "daemon-reload");
  if (running && (await theContainer(oursWords)) !== null) {
    await removeContainer(false);
    removed.push(`the container ${CONTAINER}`);
  }
  const home = homeOf(settingsNow(cli, places), 0, "/root").path;
  if (cli.json) cli.document({ removed, home });
  else if (removed.length > 0) cli.print(`removed ${removed.join(", ")}; what was deployed goes on, ${home} and ${places.settings} stay`);
  else cli.print(`there is no service of instar init's`);
  return 0;
}

/** Raises INS7017 for one of somebody else's, unless `force`. */
async function removeContainer(force: boolean): Promise<void> {
  const [ours, named] = [await theContainer(oursWords), await theContainer(namedWords)];
  if (named === null) return;
  if (named !== ours && !force) throw new InstarError("INS7017", `there is another container ${CONTAINER}`);
  await called("docker", "stop", named);
  await called("docker", "rm", named);
}

/** Its id; null also where there is no `docker` that could have made one. */
async function theContainer(words: readonly string[]): Promise<string | null> {
  try {
    return (await called("docker", ...words)).trim() || null;
  } catch (error) {
    if (error instanceof InstarError && (error.cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

const runOf = (cli: Cli, settings: Readonly<Record<string, string>>): readonly string[] =>
  runWords(cli.program, settings, isShared(readFileSync("/proc/self/mountinfo", "utf8")));

/** The file counts, where there is one. */
function settingsNow(cli: Cli, places: Places): Readonly<Record<string, string>> {
  return settingsIn(textOf(places.settings) ?? settingsFileOf(cli.env));
}

/** Said, so that nobody waits for a setting that is not there. */
function tellOthers(cli: Cli, kept: Readonly<Record<string, string>>): void {
  for (const name of SETTINGS) {
    const here = cli.env[name];
    if (here && here !== kept[name])
      cli.remark(`${name} is ${here} here, and ${kept[name] ?? "not set"} in ${SETTINGS_FILE}, which counts: change it there`);
  }
}

/** A daemon that was started by hand would keep the service's from starting, and answer in its place. Raises INS7017. */
async function alone(home: Home): Promise<void> {
  if (await answers(home))
    throw new InstarError("INS7017", `a daemon that was started otherwise serves ${home.path}`, { hint: "end it first" });
}

/** Raises INS7001 when it does not answer within a minute. */
async function answering(home: Home, log: string): Promise<void> {
  const limit = Date.now() + PATIENCE_MS;
  while (!(await answers(home))) {
    if (Date.now() > limit)
      throw new InstarError("INS7001", "the service was started and does not answer", { hint: `its log says why: ${log}` });
    await wait(AGAIN_MS);
  }
}

async function answers(home: Home): Promise<boolean> {
  const client = await connect({}, home, (operation) => operation());
  try {
    const { body } = await client.download("/healthz");
    for await (const _ of body);
    return true;
  } catch (error) {
    if (error instanceof InstarError && error.code === "INS7001") return false;
    throw error;
  } finally {
    client.close();
  }
}
