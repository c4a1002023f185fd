import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import Docker from "dockerode";
import { pack } from "tar-stream";

const BASE = "instar/base:node24";
const INPUT = "dev.instar.input";
const application = readFileSync(new URL("./rude.js", import.meta.url));

/** What each tag of instar-test/rude adds to the image's environment. */
export const VARIANTS = {
  v1: { VERSION: "v1" },
  v2: { VERSION: "v2" },
  v3: { VERSION: "v3" },
  crash: { VERSION: "crash", CRASH_AT_START: "1" },
  neverready: { VERSION: "neverready", NEVER_READY: "1" },
  diesoon: { VERSION: "diesoon", DIE_AFTER_MS: "500" },
  slowstart: { VERSION: "slowstart", READY_DELAY_MS: "1500" },
} as const satisfies Record<string, Record<string, string>>;

export type Variant = keyof typeof VARIANTS;

/** `instar-test/rude:v2` */
export const rude = (variant: Variant): string => `instar-test/rude:${variant}`;

/** The engine of `DOCKER_HOST` (unix sockets only), or the machine's own. */
export function engineAt(dockerHost: string | undefined = process.env.DOCKER_HOST): Docker {
  const socketPath = (dockerHost ?? "unix:///var/run/docker.sock").replace(/^unix:\/\//, "");
  if (!socketPath.startsWith("/")) throw new Error(`DOCKER_HOST must be a unix socket, not ${dockerHost}`);
  return new Docker({ socketPath });
}

/** Makes the images of the tests where they are missing or stale. A second call takes a few milliseconds. */
export async function ensureTestImages(docker: Docker = engineAt()): Promise<void> {
  const base = await imageId(docker, BASE);
  if (base === null) await copyImage(engineAt("unix:///var/run/docker.sock"), docker, BASE);
  const baseId = base ?? (await imageId(docker, BASE));
  for (const variant of Object.keys(VARIANTS) as Variant[]) {
    const input = createHash("sha256")
      .update(application)
      .update(JSON.stringify([baseId, VARIANTS[variant]]))
      .digest("hex")
      .slice(0, 16);
    if ((await labelOf(docker, rude(variant))) === input) continue;
    const lines = Object.entries(VARIANTS[variant]).map(([key, value]) => `ENV ${key}=${value}`);
    const dockerfile = [`FROM ${BASE}`, "COPY package.json rude.js /app/", ...lines, 'CMD ["node", "/app/rude.js"]'].join("\n");
    await build(docker, rude(variant), { Dockerfile: dockerfile, "package.json": '{"type":"module"}', "rude.js": application }, input);
  }
}

/** Builds the files (one is called Dockerfile) as `tag`, labelled with what it was made from. */
export async function build(docker: Docker, tag: string, files: Readonly<Record<string, string | Buffer>>, input: string): Promise<void> {
  const context = pack();
  const entries = { ...files, Dockerfile: `${files.Dockerfile}\nLABEL ${INPUT}=${input}` };
  // A fixed time keeps the builder's cache: every variant shares one layer.
  for (const [name, content] of Object.entries(entries)) context.entry({ name, mtime: new Date(0) }, content);
  context.finalize();
  const progress = await docker.buildImage(Readable.from(context), { t: tag, forcerm: true });
  const outcome = await new Promise<{ error?: string }[]>((resolve, reject) => {
    docker.modem.followProgress(progress, (error, output: { error?: string }[]) => (error === null ? resolve(output) : reject(error)));
  });
  const failed = outcome.find((line) => line.error !== undefined);
  if (failed !== undefined) throw new Error(`${tag}: ${failed.error}`);
}

/** Copies an image between engines of this machine, without a registry. */
export async function copyImage(from: Docker, to: Docker, tag: string): Promise<void> {
  if ((await imageId(from, tag)) === null) throw new Error(`${tag} is in neither engine: run script/setup`);
  const stream = await to.loadImage(await from.getImage(tag).get());
  await new Promise<void>((resolve, reject) => {
    to.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** null where there is none of this tag. */
export async function imageId(docker: Docker, tag: string): Promise<string | null> {
  return (await inspected(docker, tag))?.Id ?? null;
}

/** What the image of this tag was made from; null where there is none. */
export async function labelOf(docker: Docker, tag: string): Promise<string | null> {
  return (await inspected(docker, tag))?.Config.Labels?.[INPUT] ?? null;
}

async function inspected(docker: Docker, tag: string): Promise<Docker.ImageInspectInfo | null> {
  try {
    return await docker.getImage(tag).inspect();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return null;
    throw error;
  }
}

if (import.meta.main) await ensureTestImages();
