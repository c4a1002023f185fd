import { dirname, join } from "node:path";
import { InstarError } from "../errors.ts";
import { classify } from "./classify.ts";
import { discover, nameFromFolder } from "./discover.ts";
import { parseDotenv } from "./dotenv.ts";
import { type Environment, interpolateTree, lookUp } from "./interpolate.ts";
import { mergeFiles, withoutResets } from "./merge.ts";
import { stackName } from "./names.ts";
import { child, fail, type MapNode } from "./node.ts";
import { MAX_PORTS } from "./ports.ts";
import type { Scene } from "./scene.ts";
import { checkSchema } from "./schema.ts";
import type { ContentSource } from "./secrets.ts";
import { readStack } from "./stack.ts";
import type { Notice, StackSpec } from "./types.ts";
import { text } from "./values.ts";
import { parseYaml } from "./yaml.ts";

export interface LoadInput {
  /** As `-f` names them; empty: looked for as Compose does. `-` is standard input. */
  readonly files: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  /** Instead of `.env` beside the first file. */
  readonly envFile?: string;
  /** `--stack`. */
  readonly stack?: string;
  /** Besides those of COMPOSE_PROFILES. */
  readonly profiles?: readonly string[];
  /** Text of an absolute path; null when there is no such file. Raises INS1001 when it cannot be read. */
  readonly readFile: (path: string) => string | null;
}

export interface LoadedStack {
  readonly spec: StackSpec;
  readonly notices: readonly Notice[];
  /** The texts as read, in their order. */
  readonly sources: readonly { readonly file: string; readonly text: string }[];
  /** Where the contents of secrets and configs are to be read, by `secret:KEY` or `config:KEY`. */
  readonly contents: ReadonlyMap<string, ContentSource>;
}

/** Files → resolved stack. Raises INS1001 to INS1014, each with file, line and column where it has a place; nothing else. */
export function loadStack(input: LoadInput): LoadedStack {
  const files = discover(input.files, input.cwd, lookUp(input.env, "COMPOSE_FILE"), input.readFile);
  const sources = files.map((file) => ({ file, text: input.readFile(file) ?? missing(file) }));
  const first = files[0];
  const projectDir = first === undefined || first === "-" ? input.cwd : dirname(first);
  const environment = readDotenv(input, projectDir);
  const notices: Notice[] = [];
  const trees = sources.map(({ file, text: content }) => {
    const tree = interpolateTree(parseYaml(file, content) ?? empty(file), environment, notices);
    return tree.kind === "map" ? tree : fail("INS1004", tree, "a stack file is a mapping", "it begins with services:");
  });
  for (const tree of trees) checkSchema(withoutResets(tree));
  const root = mergeFiles(trees);
  if (trees.length > 1) checkSchema(root);
  classify(root, notices);
  const scene: Scene = {
    stack: nameOf(input, root, environment, projectDir),
    projectDir,
    environment,
    notices,
    readFile: input.readFile,
    claims: [],
    contents: new Map(),
    portsLeft: MAX_PORTS,
  };
  const profiles = new Set(
    [...(input.profiles ?? []), ...(lookUp(environment, "COMPOSE_PROFILES") ?? "").split(",")]
      .map((profile) => profile.trim())
      .filter((profile) => profile !== ""),
  );
  return { spec: readStack(scene, root, profiles), notices, sources, contents: scene.contents };
}

function missing(file: string): never {
  throw new InstarError("INS1001", `${file} does not exist`);
}

function empty(file: string): never {
  throw new InstarError("INS1004", "the file is empty", { at: { file, line: 1, column: 1 }, hint: "it begins with services:" });
}

/** The process's environment wins over the file. */
function readDotenv(input: LoadInput, projectDir: string): Environment {
  const path =
    input.envFile === undefined ? join(projectDir, ".env") : join(input.envFile.startsWith("/") ? "/" : input.cwd, input.envFile);
  const content = input.readFile(path);
  if (content === null && input.envFile !== undefined) throw new InstarError("INS1011", `${path} does not exist`);
  if (content === null) return input.env;
  const set = Object.entries(input.env).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(parseDotenv(path, content, input.env)), ...Object.fromEntries(set) };
}

/** `--stack`, then COMPOSE_PROJECT_NAME, then `name:`, then the folder's name, as Compose orders them. */
function nameOf(input: LoadInput, root: MapNode, environment: Environment, projectDir: string): string {
  const start = { path: "", at: root.at };
  if (input.stack !== undefined) return stackName(input.stack, { ...start, path: "--stack" });
  const variable = lookUp(environment, "COMPOSE_PROJECT_NAME");
  if (variable !== undefined && variable !== "") return stackName(variable, { ...start, path: "COMPOSE_PROJECT_NAME" });
  const node = child(root, "name");
  if (node !== null) return stackName(text(node), node);
  return (
    nameFromFolder(projectDir) ??
    fail("INS1007", start, `no name can be made of the folder ${projectDir}`, "write name: at the top of the file, or give --stack NAME")
  );
}
