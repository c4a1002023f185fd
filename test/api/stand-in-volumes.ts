import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { zstdCompressSync } from "node:zlib";
import { InstarError } from "../../src/errors.ts";
import type { Snapshot } from "../../src/reconcile/snapshots.ts";
import type { VolumeControl, VolumeView } from "../../src/reconcile/volume-control.ts";

/** Volumes in memory, as far as the API and CLI can see them: one of `shop`, whose snapshots hold what was imported. */
export class StandInVolumes implements VolumeControl {
  readonly views = new Map<string, VolumeView>();
  readonly taken = new Map<string, { readonly about: Snapshot; readonly tar: Buffer }>();
  readonly did: string[] = [];
  /** Exports something else than it says. */
  garble = false;
  #held: Promise<void> = Promise.resolve();
  letGo: () => void = () => undefined;

  constructor() {
    this.reset();
  }

  reset(): void {
    this.garble = false;
    this.did.length = 0;
    this.taken.clear();
    this.views.set("shop_data", {
      ...{ name: "shop_data", stack: "shop", ours: true, bytes: 1_500_000, snapshots: 0, lastSnapshot: null, orphan: true },
      ...{ users: [], halfRestored: null, work: null, frozenSince: null },
    });
  }

  /** From now on a snapshot takes until `letGo`. */
  hold(): void {
    this.#held = new Promise((resolve) => {
      this.letGo = resolve;
    });
  }

  list: VolumeControl["list"] = async () => [...this.views.values()];

  remove: VolumeControl["remove"] = async (name, who) => {
    if (!this.views.delete(name)) throw new InstarError("INS2012", `there is no volume ${name}`);
    this.did.push(`${who} removed ${name}`);
  };

  snapshots: VolumeControl["snapshots"] = async (volume) =>
    [...this.taken.values()].map((one) => one.about).filter((one) => volume === undefined || one.volume === volume);

  create: VolumeControl["create"] = async (volume, { running, who }, progress) => {
    if (!this.views.has(volume)) throw new InstarError("INS2012", `there is no volume ${volume}`);
    progress({ phase: "reading", volume, bytes: 10, of: 20 });
    await this.#held;
    return [this.#keep(Buffer.from("a tar"), volume, running ? "crash" : "stopped", who)];
  };

  restore: VolumeControl["restore"] = async (id, who) => {
    this.did.push(`${who} restored ${id}`);
    return this.#get(id).about;
  };

  verify: VolumeControl["verify"] = async (id) => this.#get(id).about;

  drop: VolumeControl["drop"] = async (id) => {
    this.#get(id);
    this.taken.delete(id);
  };

  export: VolumeControl["export"] = async (id) => {
    const { about, tar } = this.#get(id);
    const packed = zstdCompressSync(tar);
    return { snapshot: about, body: Readable.from([this.garble ? Buffer.alloc(packed.length) : packed]) };
  };

  import: VolumeControl["import"] = async (tar, { volume, who }) => {
    const pieces: Buffer[] = [];
    for await (const piece of tar) pieces.push(piece);
    return this.#keep(Buffer.concat(pieces), volume, "stopped", who);
  };

  #keep(tar: Buffer, volume: string, consistency: Snapshot["consistency"], who: string): Snapshot {
    const packed = zstdCompressSync(tar);
    const id = `20261122-231507-${String(this.taken.size).padStart(6, "0")}`;
    const about: Snapshot = {
      ...{ id, volume, stack: "shop", service: "db", slot: 1, deployment: null, origin: "hand", consistency, who, createdAt: 1 },
      ...{
        rawBytes: tar.length,
        bytes: packed.length,
        sha256: createHash("sha256").update(packed).digest("hex"),
        entries: 1,
        version: "0",
      },
    };
    this.taken.set(id, { about, tar });
    return about;
  }

  #get(id: string): { readonly about: Snapshot; readonly tar: Buffer } {
    const found = this.taken.get(id);
    if (found === undefined) throw new InstarError("INS2013", `there is no snapshot ${id}`);
    return found;
  }
}
