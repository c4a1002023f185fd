import { dirname } from "node:path";
import { classify } from "./classify.ts";
import { discover, namedFiles, nameFromFolder } from "./discover.ts";
import { type Environment, interpolateText, lookUp } from "./interpolate.ts";
import { readLayer } from "./layer.ts";
import { isStackName, show, stackName } from "./names.ts";
import { child, fail, type MapNode } from "./node.ts";
import { MAX_PORTS } from "./ports.ts";
import { Reading } from "./reading.ts";
import { absolutePaths } from "./relative.ts";
import type { Scene } from "./scene.ts";
import type { ContentSource } from "./secrets.ts";
import { readStack } from "./stack.ts";
import type { Notice, StackSpec } from "./types.ts";
import { text } from "./values.ts";
import { defaultEnvFile, namedEnvFiles, withEnvFiles } from "./variables.ts";

export interface LoadInput {
  /** As `-f` names them; empty: COMPOSE_FILE, else looked for as Compose does. `-` is standard input. */
  readonly files: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  /** `--env-file`, later ones win; empty: COMPOSE_ENV_FILES, else `.env` beside the first file. */
  readonly envFiles?: readonly string[];
  /** `--stack`. */
  readonly stack?: string;
  /** Besides those of COMPOSE_PROFILES. */
  readonly profiles?: readonly string[];
  /** Text of an absolute path; null when there is no such file. Raises INS1001 when it cannot be read. */
  readonly readFile: (path: string) => string | null;
}

export interface Loaded {
  readonly notices: readonly Notice[];
  /** The texts as read, in their order. */
  readonly sources: readonly { readonly file: string; readonly text: string }[];
  /** Where the contents of secrets and configs are to be read, by `secret:KEY` or `config:KEY`. */
  readonly contents: ReadonlyMap<string, ContentSource>;
}

export interface LoadedStack extends Loaded {
  readonly spec: StackSpec;
}

/** Files merged into one tree, and all that its meaning needs. */
export interface LoadedTree extends Loaded {
  readonly root: MapNode;
  readonly scene: Scene;
  readonly profiles: ReadonlySet<string>;
}

/** Files → resolved stack. Raises INS1001 to INS1014 and INS1019, each with file, line and column where it has a place; nothing else. */
export function loadStack(input: LoadInput): LoadedStack {
  const loaded = loadTree(input);
  return { spec: specOf(loaded), notices: loaded.notices, sources: loaded.sources, contents: loaded.contents };
}

/** The meaning of a tree: what Instar refuses raises here. */
export function specOf({ root, scene, profiles }: LoadedTree): StackSpec {
  classify(root, scene.notices);
  return readStack(scene, root, profiles);
}

/** Files → one tree, with every variable, `extends`, `include` and merge carried out; what it means is not looked at yet. */
export function loadTree(input: LoadInput): LoadedTree {
  const reading = new Reading(input.readFile);
  const { files, folder, environment: own } = locate(input, reading.notices);
  const name = nameOf(input, reading, files, own, folder);
  // Files may say ${COMPOSE_PROJECT_NAME}.
  const environment = { ...own, COMPOSE_PROJECT_NAME: name };
  const merged = readLayer(reading, { files, folder, environment, trail: [] }, null);
  const root = absolutePaths(merged, folder, lookUp(environment, "HOME"));
  const profiles = new Set(
    [...(input.profiles ?? []), ...(lookUp(environment, "COMPOSE_PROFILES") ?? "").split(",")]
      .map((profile) => profile.trim())
      .filter((profile) => profile !== ""),
  );
  const scene: Scene = {
    stack: name,
    projectDir: folder,
    environment: { ...Object.fromEntries(reading.borrowed), ...environment },
    notices: reading.notices,
    readFile: input.readFile,
    claims: [],
    contents: new Map(),
    portsLeft: MAX_PORTS,
  };
  return { root, scene, profiles, notices: reading.notices, sources: reading.sources, contents: scene.contents };
}

interface Located {
  readonly files: readonly string[];
  /** Of the project: relative paths and `.env` start here. */
  readonly folder: string;
  /** The process's environment over the env files. */
  readonly environment: Environment;
}

/** `.env` may name the files (COMPOSE_FILE), and files found elsewhere bring a `.env` of their own: the nearer one wins, as in Compose. */
function locate(input: LoadInput, notices: Notice[]): Located {
  const named = namedEnvFiles(input.envFiles ?? [], input.env, input.cwd);
  const folderOf = (files: readonly string[] | null): string => {
    const file = files?.find((path) => path !== "-");
    return file === undefined ? input.cwd : dirname(file);
  };
  const given = namedFiles(input.files, input.cwd, "", "");
  const envFiles = named ?? defaultEnvFile(folderOf(given), input.readFile);
  const first = withEnvFiles(input.env, envFiles, input.readFile);
  const files =
    given ??
    namedFiles([], input.cwd, lookUp(first, "COMPOSE_FILE") ?? "", lookUp(first, "COMPOSE_PATH_SEPARATOR") ?? "") ??
    discover(input.cwd, input.readFile, (used, others) =>
      notices.push({ code: "other-files", message: `${used} is used; not read: ${others.join(", ")}`, at: null }),
    );
  const folder = folderOf(files);
  const more = named === null ? defaultEnvFile(folder, input.readFile).filter((file) => !envFiles.includes(file)) : [];
  return { files, folder, environment: withEnvFiles(first, more, input.readFile) };
}

/** `--stack`, then COMPOSE_PROJECT_NAME, then the last file's `name:`, then the folder's name, as Compose orders them. */
function nameOf(input: LoadInput, reading: Reading, files: readonly string[], environment: Environment, folder: string): string {
  const trees = files.flatMap((file) => reading.documents(file, null));
  const start = { path: "", at: { file: files[0] ?? "", line: 1, column: 1 } };
  if (input.stack !== undefined) return stackName(input.stack, { ...start, path: "--stack" });
  const variable = lookUp(environment, "COMPOSE_PROJECT_NAME");
  if (variable !== undefined && variable !== "") return stackName(variable, { ...start, path: "COMPOSE_PROJECT_NAME" });
  const node = trees.map((tree) => child(tree, "name")).findLast((one) => one?.kind === "scalar");
  if (node?.kind === "scalar") {
    const written = interpolateText(text(node), environment, () => node.at);
    const name = isStackName(written) ? written : nameFromFolder(written.replaceAll("/", ""));
    if (name === null) return stackName(written, node);
    if (name !== written)
      reading.notices.push({ code: "name", message: `name: ${show(written)} becomes ${name}, as Compose makes it`, at: node.at });
    return name;
  }
  return (
    nameFromFolder(folder) ??
    fail("INS1007", start, `no name can be made of the folder ${folder}`, "write name: at the top of the file, or give --stack NAME")
  );
}
