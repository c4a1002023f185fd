import { pack } from "tar-stream";
import { InstarError } from "../../src/errors.ts";
import type { Engine, VolumeUser } from "../../src/reconcile/ports.ts";

type Port = Pick<Engine, "volumeUsers" | "volumeSizes" | "measureVolume" | "readVolume" | "writeVolume" | "sweepVolumeWork">;

/** What the volumes of a simulated engine hold, as tars. */
export class FakeVolumes implements Port {
  readonly contents = new Map<string, Buffer>();
  /** What measuring says of every volume; null: the truth. */
  measured: number | null = null;
  /** Called between two pieces of a volume that is read or written. */
  between: () => Promise<void> = async () => undefined;
  readonly #exists: (name: string) => boolean;
  readonly #users: () => readonly VolumeUser[];

  constructor(exists: (name: string) => boolean, users: () => readonly VolumeUser[]) {
    this.#exists = exists;
    this.#users = users;
  }

  volumeUsers: Engine["volumeUsers"] = async (name) => this.#users().filter((user) => name === undefined || user.volume === name);

  volumeSizes: Engine["volumeSizes"] = async () => new Map([...this.contents].map(([name, tar]) => [name, tar.length]));

  measureVolume: Engine["measureVolume"] = async (name) => this.measured ?? (await this.#content(name)).length;

  readVolume: Engine["readVolume"] = (name) => this.#read(name);

  async *#read(name: string): AsyncGenerator<Buffer> {
    const content = await this.#content(name);
    for (let at = 0; at < content.length; at += PIECE) {
      yield content.subarray(at, at + PIECE);
      await this.between();
    }
  }

  writeVolume: Engine["writeVolume"] = async (name, tar) => {
    await this.#content(name);
    const pieces: Buffer[] = [];
    this.contents.delete(name);
    for await (const piece of tar) {
      pieces.push(piece);
      this.contents.set(name, Buffer.concat(pieces));
      await this.between();
    }
  };

  sweepVolumeWork: Engine["sweepVolumeWork"] = async () => undefined;

  async #content(name: string): Promise<Buffer> {
    if (!this.#exists(name)) throw new InstarError("INS2012", `there is no volume ${name}`);
    return this.contents.get(name) ?? tarOf({});
  }
}

const PIECE = 10_000;

/** Path → content. */
export async function tarOf(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: "./", type: "directory" });
  for (const [name, content] of Object.entries(files)) archive.entry({ name: `./${name}` }, content);
  archive.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of archive) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
