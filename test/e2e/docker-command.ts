import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The plain `docker` command on the engine of DOCKER_HOST. Returns what it printed. */
export async function docker(...words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("docker", words, { env: process.env });
  return stdout;
}
