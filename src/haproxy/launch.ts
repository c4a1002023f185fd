import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { InstarError } from "../errors.ts";
import type { RouterSettings, RouteTable } from "../route/types.ts";
import { Checker } from "./checker.ts";
import type { Containers, RouterContainer } from "./container.ts";
import { Disk, readSaved, type Saved } from "./disk.ts";
import { makeDirectory } from "./files.ts";
import { type Generation, generation, generationDirectory, runDirectory } from "./generation.ts";
import { checkVersion, maxconnFor } from "./limits.ts";
import { answers } from "./wait.ts";

const FRESH_MS = 15_000;
const ADOPT_MS = 3_000;

/** A generation with what this process keeps for it. */
export interface Running {
  readonly router: Generation;
  readonly disk: Disk;
  readonly checker: Checker;
}

/** What every generation of one installation shares. */
export interface Site {
  readonly home: string;
  readonly image: string;
  readonly containers: Containers;
  readonly httpPort: number;
  readonly hardStopAfterMs: number;
}

/** A number no container and no directory has had. */
export async function nextNumber(site: Site): Promise<number> {
  await makeDirectory(join(site.home, "router"));
  const used = (await site.containers.list()).map((container) => container.generation);
  return Math.max(0, ...used, ...(await directories(site))) + 1;
}

/** The table of the newest generation that has one on disk. */
export async function lastSaved(site: Site): Promise<Saved | null> {
  for (const number of (await directories(site)).sort((a, b) => b - a)) {
    const saved = await readSaved(generationDirectory(site.home, number));
    if (saved !== null) return saved;
  }
  return null;
}

/** Settings of a router started from this image here. Raises INS4004. */
export async function settingsFor(site: Site, number: number): Promise<RouterSettings> {
  const { version, files } = await site.containers.probe();
  checkVersion(version, site.image);
  return {
    maxconn: maxconnFor(files),
    httpPort: site.httpPort,
    runDir: runDirectory(number),
    ipv6: await hasIpv6(),
    hardStopAfterMs: site.hardStopAfterMs,
  };
}

/**
 * Starts a container that serves the table, and resolves when it takes connections. `takeFrom`: the router
 * whose listening sockets it takes over. A container that fails is removed; raises INS4001, INS4002, INS4003.
 */
export async function launch(
  site: Site,
  number: number,
  settings: RouterSettings,
  table: RouteTable,
  takeFrom: Generation | null,
): Promise<Running> {
  const disk = new Disk(generationDirectory(site.home, number), settings);
  await disk.begin(table);
  const id = await site.containers.start(number, settings.runDir, takeFrom === null ? null : `${takeFrom.settings.runDir}/stats.sock`);
  const router = generation(site.home, number, id, settings);
  if (!(await answers(router, FRESH_MS, site.containers))) {
    const said = await site.containers.tail(id, 20);
    await site.containers.remove(id);
    throw failure(said);
  }
  return { router, disk, checker: new Checker(site.containers, id) };
}

/** Takes up a container that runs already; null when it does not answer, or nothing is known of its table. */
export async function adopt(site: Site, container: RouterContainer): Promise<(Running & { readonly saved: Saved }) | null> {
  const directory = generationDirectory(site.home, container.generation);
  const saved = await readSaved(directory);
  if (saved === null) return null;
  const router = generation(site.home, container.generation, container.id, saved.settings);
  if (!(await answers(router, ADOPT_MS, null))) return null;
  return { router, disk: new Disk(directory, saved.settings), checker: new Checker(site.containers, container.id), saved };
}

/** Removes the files of generations that are no more. */
export async function removeOthers(site: Site, kept: readonly Generation[]): Promise<void> {
  for (const number of await directories(site)) {
    if (!kept.some((router) => router.number === number))
      await rm(generationDirectory(site.home, number), { recursive: true, force: true });
  }
}

/** What HAProxy said when it would not start, or would not load, as the catalogue has it. */
export function failure(said: string): InstarError {
  const alerts = said
    .split("\n")
    .filter((line) => line.includes("ALERT"))
    .join("; ");
  const words = (alerts || said).trim().slice(0, 1_000);
  if (/cannot bind socket|address already in use/i.test(words)) return new InstarError("INS4001", words);
  if (/FD limit|ulimit/i.test(words)) return new InstarError("INS4004", words);
  if (alerts !== "") return new InstarError("INS4003", words);
  return new InstarError("INS4002", `the router did not come up: ${words || "it said nothing"}`);
}

async function directories(site: Site): Promise<number[]> {
  const names = await readdir(join(site.home, "router"));
  return names.flatMap((name) => (/^g[1-9]\d*$/.test(name) ? [Number(name.slice(1))] : []));
}

async function hasIpv6(): Promise<boolean> {
  try {
    return (await readFile("/proc/net/if_inet6", "utf8")).trim() !== "";
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw cause;
  }
}
