import { rename } from "node:fs/promises";
import { join } from "node:path";
import { compile } from "../route/compile.ts";
import type { RouterSettings, RouteTable } from "../route/types.ts";
import { makeDirectory, readWhole, syncDirectory, writeWhole } from "./files.ts";

/** What a restart loads, and the table it was made from. */
export interface Saved {
  readonly table: RouteTable;
  readonly settings: RouterSettings;
}

const EMPTY: RouteTable = { listeners: [], domains: [], backends: [] };

/**
 * The files of one generation. Whole files only, each written aside, checked, then renamed; the checked
 * configuration is the last of HAProxy's own to appear, so that what a crash leaves is always loadable.
 */
export class Disk {
  readonly #directory: string;
  readonly #settings: RouterSettings;
  readonly #written = new Map<string, string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(directory: string, settings: RouterSettings) {
    this.#directory = directory;
    this.#settings = settings;
  }

  /**
   * `check` is asked about the candidate before anything is replaced (a path as the container sees it).
   * Raises INS1014, INS4003 from `check`, INS6003. Writers take turns.
   */
  write(table: RouteTable, check: (file: string) => Promise<void>): Promise<void> {
    const turn = this.#turn.then(
      () => this.#write(table, check),
      () => this.#write(table, check),
    );
    this.#turn = turn;
    return turn;
  }

  /** The files a fresh generation starts from; nothing runs yet that could check them. */
  async begin(table: RouteTable): Promise<void> {
    await makeDirectory(this.#directory);
    await this.write(table, async () => undefined);
  }

  async #write(table: RouteTable, check: (file: string) => Promise<void>): Promise<void> {
    const { config, maps, lua } = compile(table, this.#settings);
    await this.#put("hold.lua", lua);
    // A map that is new to the candidate must exist for the check; entries for backends to come fall to the default.
    for (const [name, text] of Object.entries(maps)) await this.#put(`${name}.map`, text);
    if (this.#written.get("haproxy.cfg") !== config) {
      this.#written.delete("haproxy.cfg");
      await writeWhole(join(this.#directory, "candidate.cfg"), config);
      await check(`${this.#settings.runDir}/candidate.cfg`);
      await rename(join(this.#directory, "candidate.cfg"), join(this.#directory, "haproxy.cfg"));
      this.#written.set("haproxy.cfg", config);
    }
    const saved: Saved = { table, settings: this.#settings };
    await this.#put("table.json", `${JSON.stringify(saved)}\n`);
    await syncDirectory(this.#directory);
  }

  async #put(name: string, text: string): Promise<void> {
    if (this.#written.get(name) === text) return;
    this.#written.delete(name);
    await writeWhole(join(this.#directory, name), text);
    this.#written.set(name, text);
  }
}

/** The table last saved for a generation; null when there is none, or it cannot be read as one. */
export async function readSaved(directory: string): Promise<Saved | null> {
  const text = await readWhole(join(directory, "table.json"));
  if (text === null) return null;
  try {
    return JSON.parse(text) as Saved;
  } catch (cause) {
    // Written whole or not at all, so this is someone's edit: the table then comes from the next apply.
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}

export function emptyTable(): RouteTable {
  return EMPTY;
}
