import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type Docker from "dockerode";
import { build, copyImage, engineAt, imageId, labelOf } from "./images.ts";

/** Real servers: MariaDB and Redis of Debian, Verdaccio of npm. */
export const MARIADB = "instar-test/mariadb:10.11";
export const REDIS = "instar-test/redis:7.0";
export const VERDACCIO = "instar-test/verdaccio:6";

const DATABASES = "instar-test/databases:bookworm";
const FILES = {
  [MARIADB]: ["mariadb", ["Dockerfile", "start.sh"]],
  [REDIS]: ["redis", ["Dockerfile"]],
} as const satisfies Record<string, readonly [string, readonly string[]]>;

/**
 * Brings the image into the engine where it is missing or stale: what `script/setup --test` made in the machine's own engine is
 * copied, and the two databases are built on it, one small layer each. A second call takes a few milliseconds.
 */
export async function ensureServer(docker: Docker, tag: typeof MARIADB | typeof REDIS | typeof VERDACCIO): Promise<void> {
  if (tag === VERDACCIO) return void (await brought(docker, VERDACCIO));
  const [folder, names] = FILES[tag];
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(new URL(`./${folder}/${name}`, import.meta.url), "utf8")]));
  const root = await brought(docker, DATABASES);
  const input = createHash("sha256")
    .update(JSON.stringify([root, files]))
    .digest("hex")
    .slice(0, 16);
  if ((await labelOf(docker, tag)) !== input) await build(docker, tag, files, input);
}

/** The image's id, the same in both engines afterwards. */
async function brought(docker: Docker, tag: string): Promise<string | null> {
  const own = engineAt("unix:///var/run/docker.sock");
  const wanted = await imageId(own, tag);
  if (wanted === null || (await imageId(docker, tag)) !== wanted) await copyImage(own, docker, tag);
  return wanted;
}
