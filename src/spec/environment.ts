import { InstarError } from "../errors.ts";
import { parseDotenv, parseRawEnv } from "./dotenv.ts";
import { lookUp } from "./interpolate.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import { hostPath } from "./paths.ts";
import { notice, type Scene } from "./scene.ts";
import { boolean, mapping, optional, pairs, record, text } from "./values.ts";

/** `env_file` in its order, then `environment` over it. A key alone takes its value from Instar's caller, or is left out with a notice. */
export function readEnvironment(scene: Scene, service: MapNode): Readonly<Record<string, string>> {
  const values = readEnvFiles(scene, service, "env_file");
  const environment = child(service, "environment");
  for (const { key, value, at } of environment === null ? [] : pairs(environment)) {
    if (!isVariable(key)) fail("INS1004", at, `${JSON.stringify(key.slice(0, 60))} cannot be the name of a variable`);
    const found = value ?? lookUp(scene.environment, key);
    if (found === undefined) {
      values.delete(key);
      notice(scene, "unset-variable", at, `the variable ${key} is not set: instances do not get it`);
    } else values.set(key, found);
  }
  for (const [key, value] of values)
    if (!value.isWellFormed() || value.includes("\0"))
      fail("INS1004", environment ?? service, `the value of ${key} has a character that no container can take`);
  return record(values);
}

/** The variables of a service's env files, later files winning, or labels of its label files. Raises INS1011 for one that is missing. */
export function readEnvFiles(scene: Scene, service: MapNode, key: "env_file" | "label_file"): Map<string, string> {
  const values = new Map<string, string>();
  const files = child(service, key);
  for (const file of files === null ? [] : files.kind === "list" ? files.items : [files])
    for (const [name, value] of readEnvFile(scene, file, values)) values.set(name, value);
  return values;
}

const isVariable = (key: string): boolean => key !== "" && key !== "__proto__" && !/[=\0\n]/.test(key);

/** Its variables mean those of the env files before it, then the caller's. */
function readEnvFile(scene: Scene, node: Node, before: ReadonlyMap<string, string>): Map<string, string> {
  const map = node.kind === "map" ? mapping(node) : null;
  const where = map === null ? node : (child(map, "path") ?? node);
  const path = hostPath(scene, text(where), where);
  const format = optional(map, "format", text, "");
  if (format !== "" && format !== "raw")
    fail("INS1004", node, `the format ${JSON.stringify(format)} is not known`, "leave it out, or write raw");
  const content = readText(scene, path, where);
  if (content === null) {
    if (optional(map, "required", boolean, true)) fail("INS1011", where, `${path} does not exist`);
    notice(scene, "missing-env-file", where, `${path} does not exist and is not required: it is left out`);
    return new Map();
  }
  const values =
    format === "raw" ? parseRawEnv(content) : parseDotenv(path, content, { ...scene.environment, ...Object.fromEntries(before) });
  if (values.has("__proto__")) fail("INS1004", where, `${path} sets __proto__, which cannot be the name of a variable`);
  return values;
}

function readText(scene: Scene, path: string, where: Node): string | null {
  try {
    return scene.readFile(path);
  } catch (error) {
    if (error instanceof InstarError && error.code === "INS1001") return fail("INS1011", where, error.message);
    throw error;
  }
}
