import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Compose 2.26 as `script/setup --test` unpacks it. */
export const COMPOSE = fileURLToPath(new URL("../../.tools/compose/usr/libexec/docker/cli-plugins/docker-compose", import.meta.url));

/** `docker compose -p PROJECT -f FILE …` against the engine of `DOCKER_HOST`. */
export async function compose(project: string, file: string, ...words: readonly string[]): Promise<string> {
  if (!existsSync(COMPOSE)) throw new Error(`${COMPOSE} is missing: run script/setup --test`);
  const { stdout } = await promisify(execFile)(COMPOSE, ["-p", project, "-f", file, ...words], { env: process.env });
  return stdout;
}
