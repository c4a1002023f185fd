import type { Readable } from "node:stream";
import { InstarError } from "../errors.ts";
import { expired, type Retention } from "../plan/retention.ts";
import type { VolumeSpec } from "../spec/types.ts";
import type { DoctorView } from "./control.ts";
import { type Freezer, freezeOf, refuseMoving, whileFrozen } from "./freezing.ts";
import { dueInWords, neededSnapshots, paidByHand } from "./giving-back.ts";
import type { Clock, Engine, EngineVolume } from "./ports.ts";
import type { Snapshot, SnapshotOrigin, Snapshots } from "./snapshots.ts";
import type { Store } from "./store.ts";
import type { Progress, VolumeControl, VolumeView } from "./volume-control.ts";
import type { VolumeLocks } from "./volume-locks.ts";
import { brokenOff, inUse } from "./volume-refusals.ts";
import { volumesOfService, volumeViews, wantedVolumes, writerOf } from "./volume-views.ts";
import { plainVolume } from "./volumes.ts";

export interface VolumeParts {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: Clock;
  readonly snapshots: Snapshots;
  readonly locks: VolumeLocks;
  readonly freezer: Freezer;
}

/** Before the second try; longer before each further one: five seconds in all. */
const WAIT_MS = 200;
const TRIES = 7;

interface Asking {
  readonly may?: () => Promise<boolean>;
  readonly done?: () => Promise<void>;
}

interface Taking {
  readonly running: boolean;
  readonly who: string;
  readonly origin: Snapshot["origin"];
  readonly deployment: string | null;
}

/** Every work on the contents of volumes. What was begun goes on when whoever asked for it has left. */
export class VolumeDesk implements VolumeControl {
  readonly #parts: VolumeParts;
  /** Asked before anything starts on a volume. */
  readonly locks: VolumeLocks;
  readonly #running = new Set<Promise<unknown>>();
  #closing = false;

  constructor(parts: VolumeParts) {
    this.#parts = parts;
    this.locks = parts.locks;
  }

  /** Clears away what a killed daemon left of its work; a volume that it left half restored is remembered as such. */
  async open(): Promise<void> {
    const { engine, snapshots, locks, freezer } = this.#parts;
    await snapshots.open();
    await engine.sweepVolumeWork();
    await freezer.open();
    for (const [volume, snapshot] of await snapshots.halfRestored()) locks.setHalfRestored(volume, snapshot);
  }

  /** Ends what is under way: an unfinished snapshot leaves nothing, an unfinished restore its mark. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.allSettled(this.#running);
    await this.#parts.freezer.close();
  }

  async list(): Promise<readonly VolumeView[]> {
    const { engine, store, snapshots, locks, freezer } = this.#parts;
    const [volumes, users, sizes, { snapshots: taken }, wanted] = await Promise.all([
      engine.volumes(),
      engine.volumeUsers(),
      engine.volumeSizes(),
      snapshots.all(),
      wantedVolumes(store),
    ]);
    const rows = new Map((await store.volumes()).map((row) => [row.name, row]));
    const owned = volumes.map((volume) => {
      const row = rows.get(volume.name);
      return row?.origin === "adopted" ? { ...volume, ours: true, stack: row.stack } : volume;
    });
    return volumeViews({ volumes: owned, users, sizes, snapshots: taken, wanted, locks, frozen: freezer.since });
  }

  async remove(name: string, who: string): Promise<void> {
    const { engine } = this.#parts;
    await this.#locked(name, `removing ${name}`, { mending: true }, async () => {
      const volume = await this.#ours(name);
      const users = await engine.volumeUsers(name);
      if (users.length > 0) throw inUse(name, users, "remove what uses it, then try again");
      await engine.removeVolume(name, await this.#isAdopted(name));
      await this.#parts.store.dropVolume(name);
      await paidByHand(this.#parts.store, name);
      await this.#forgetHalf(name);
      await this.#note("volume.removed", volume.stack, `${name} was deleted by ${who}`);
    });
  }

  async snapshots(volume?: string): Promise<readonly Snapshot[]> {
    const { snapshots } = await this.#parts.snapshots.all();
    return volume === undefined ? snapshots : snapshots.filter((snapshot) => snapshot.volume === volume);
  }

  async create(name: string, how: { running: boolean; who: string }, progress: Progress): Promise<readonly Snapshot[]> {
    const { engine, store } = this.#parts;
    const known = (await engine.volumes()).some((volume) => volume.name === name);
    const volumes = known ? [name] : await volumesOfService(store, engine, name);
    const made: Snapshot[] = [];
    const stuck: string[] = [];
    for (const volume of volumes) {
      made.push(await this.take(volume, { ...how, origin: "hand", deployment: null }, progress));
      const failure = this.#parts.freezer.failureOf(volume);
      if (failure !== null) stuck.push(failure.message);
    }
    if (stuck.length > 0) throw new InstarError("INS3017", `${made.map(({ id }) => id).join(", ")} was taken, but ${stuck.join("; ")}`);
    return made;
  }

  /**
   * One volume's snapshot. Writers that run are frozen where the file says how. Raises INS3002, INS3011 while another one runs (unless
   * `running`), INS3012, INS3013 (before anything is frozen or read), INS3015, INS3016, INS3018. A caller that stops instances for
   * it calls `needRoom` before it does.
   */
  take(volume: string, how: Taking, progress: Progress): Promise<Snapshot> {
    const { engine, clock, snapshots, store, freezer } = this.#parts;
    return this.#locked(volume, `a snapshot of ${volume}`, { live: how.running }, async () => {
      const found = await this.#there(volume);
      const users = await engine.volumeUsers(volume);
      const user = users.find((one) => one.ours && !one.readOnly) ?? (await writerOf(this.#parts.store, volume));
      // An external volume is read only for the stack that mounts it.
      if (!found.ours && user === null) throw new InstarError("INS3002", `the volume ${volume} is not ours`);
      const writers = users.filter((user) => user.running && !user.readOnly);
      const freeze = how.running ? null : await freezeOf(store, volume, writers);
      if (writers.length > 0 && !how.running && freeze === null)
        throw inUse(
          volume,
          writers,
          "stop the service first, declare how it is frozen (x-instar: { freeze: … }), or give --running: then it is what a power cut would leave",
        );
      progress({ phase: "measuring", volume, bytes: 0, of: null });
      const of = await engine.measureVolume(volume);
      await snapshots.needRoom(of);
      const origin: SnapshotOrigin = {
        ...{ volume, stack: found.stack ?? user?.stack ?? null, service: user?.service ?? null },
        slot: user !== null && "slot" in user ? user.slot : null,
        ...{ deployment: how.deployment, origin: how.origin, who: how.who, createdAt: clock.now() },
        consistency: writers.length === 0 ? "stopped" : freeze === null ? "crash" : "frozen",
      };
      const content = engine.readVolume(volume, { live: how.running });
      const advance = this.#advance("reading", volume, of, progress);
      if (freeze !== null) progress({ phase: "freezing", volume, bytes: 0, of: null });
      if (freeze !== null && how.origin === "hand") await refuseMoving(store, writers);
      const frozen = freeze === null ? null : await freezer.freeze(volume, writers, freeze, how.who);
      const adding = snapshots.add(origin, frozen === null ? content : whileFrozen(content, frozen), advance);
      const snapshot = await adding.finally(() => frozen?.thaw());
      await this.#note("snapshot.created", origin.stack, `${snapshot.id} of ${volume} was taken by ${how.who}`);
      return snapshot;
    });
  }

  /**
   * The same of a volume that several instances write to: others may be at work on it, and a writer that has just started or is about
   * to end cannot stand still. So it is tried for some seconds before that is an error.
   */
  async takeInTurn(volume: string, how: Taking): Promise<Snapshot> {
    const { clock } = this.#parts;
    for (let tried = 1; ; ) {
      try {
        return await this.take(volume, how, () => undefined);
      } catch (error) {
        const code = error instanceof InstarError ? error.code : null;
        if (this.#closing || (code !== "INS3012" && (tried++ === TRIES || (code !== "INS3016" && code !== "INS3018")))) throw error;
      }
      await new Promise<void>((resolve) => clock.after(WAIT_MS * tried, resolve));
    }
  }

  /** Before an instance is drained or stopped: resolves when no snapshot holds it still. */
  letGo(instance: string): Promise<void> {
    return this.#parts.freezer.letGo(instance);
  }

  /** The content that is about to be replaced, as a snapshot's id; null where there is none: it is gone, or the half of a restore. */
  async setAside(volume: string, how: Taking): Promise<string | null> {
    const { engine, locks } = this.#parts;
    if (locks.halfRestored.has(volume) || !(await engine.volumes()).some(({ name }) => name === volume)) return null;
    return (await this.take(volume, how, () => undefined)).id;
  }

  /**
   * Raises INS3013 when snapshots of these volumes might not fit, and of the content of these snapshots: to be asked before anything
   * is stopped for it.
   */
  async needRoom(volumes: readonly string[], again: readonly string[] = []): Promise<void> {
    let bytes = 0;
    for (const id of again) bytes += (await this.#parts.snapshots.get(id)).rawBytes;
    for (const volume of volumes) bytes += await this.#parts.engine.measureVolume(volume);
    await this.#parts.snapshots.needRoom(bytes);
  }

  /** Removes the automatic snapshots of a volume that the retention lets go and nothing needs; returns their ids. */
  async prune(volume: string, retention: Retention): Promise<readonly string[]> {
    const known = (await this.snapshots(volume)).map((s) => ({ ...s, automatic: s.origin === "before-deploy" }));
    const needed = await neededSnapshots(this.#parts.store);
    const gone = expired(known, retention, this.#parts.clock.now()).filter((id) => !needed.has(id));
    for (const id of gone) await this.drop(id, "retention");
    return gone;
  }

  async restore(id: string, who: string, progress: Progress): Promise<Snapshot> {
    const { volume } = await this.#parts.snapshots.get(id);
    const done = (): Promise<void> => paidByHand(this.#parts.store, volume);
    return (await this.#restore(id, who, { done }, progress)) ?? this.#parts.snapshots.get(id);
  }

  /** For a deployment: `may` is asked and `done` told while nothing else works on the volume; false: it might not. */
  async putBack(id: string, who: string, asking: Asking): Promise<boolean> {
    return (await this.#restore(id, who, asking, () => undefined)) !== null;
  }

  async #restore(id: string, who: string, { may, done }: Asking, progress: Progress): Promise<Snapshot | null> {
    const { engine, snapshots, locks } = this.#parts;
    const { volume, stack, bytes } = await snapshots.get(id);
    return this.#locked(volume, `restoring ${volume} from ${id}`, { mending: true }, async () => {
      if (stack === null || (await engine.volumes()).some(({ name }) => name === volume)) await this.#ours(volume);
      const running = (await engine.volumeUsers(volume)).filter((user) => user.running);
      if (running.length > 0) throw inUse(volume, running, "stop the service first: instar stop SERVICE");
      // After what would refuse it: nothing is owed to a volume that is not overwritten.
      if ((await may?.()) === false) return null;
      const snapshot = await snapshots.verify(id, this.#advance("verifying", volume, bytes, progress));
      await snapshots.markHalfRestored(volume, id);
      locks.setHalfRestored(volume, id);
      const tar = counted(snapshots.tar(id), this.#advance("restoring", volume, snapshot.rawBytes, progress));
      // Marked before it is there again: nothing starts on an empty one.
      const written = this.#makeAgain(volume, stack).then(() => engine.writeVolume(volume, tar));
      await written.catch((error: unknown) => {
        throw brokenOff(volume, id, error);
      });
      await this.#forgetHalf(volume);
      await done?.();
      await this.#note("snapshot.restored", stack, `${volume} was restored from ${id} by ${who}`);
      return snapshot;
    });
  }

  async verify(id: string, progress: Progress): Promise<Snapshot> {
    const { volume, bytes } = await this.#parts.snapshots.get(id);
    return this.#tracked(() => this.#parts.snapshots.verify(id, this.#advance("verifying", volume, bytes, progress)));
  }

  async drop(id: string, who: string): Promise<void> {
    const { snapshots, locks } = this.#parts;
    const { volume, stack } = await snapshots.get(id);
    if (locks.halfRestored.get(volume) === id)
      throw new InstarError("INS3015", `${volume} is only half restored from ${id}: the snapshot is needed`);
    const need = (await neededSnapshots(this.#parts.store)).get(id);
    if (need !== undefined) throw new InstarError("INS2090", `${id} of ${volume} is needed: ${need}`);
    await this.#locked(volume, `removing the snapshot ${id}`, { live: true, mending: true }, () => snapshots.remove(id));
    await this.#note("snapshot.removed", stack, `${id} of ${volume} was removed by ${who}`);
  }

  async export(id: string): Promise<{ readonly snapshot: Snapshot; readonly body: Readable }> {
    const { snapshots } = this.#parts;
    return { snapshot: await snapshots.get(id), body: await snapshots.file(id) };
  }

  async import(
    tar: AsyncIterable<Buffer>,
    to: { readonly volume: string; readonly stack: string | null; readonly who: string },
    progress: Progress,
  ): Promise<Snapshot> {
    const { clock, snapshots, engine } = this.#parts;
    const { volume, who } = to;
    const there = (await engine.volumes()).find((one) => one.name === volume);
    const stack = to.stack ?? there?.stack ?? null;
    if (there === undefined && stack === null)
      throw new InstarError("INS2012", `there is no volume ${volume}`, { hint: "name the stack it will belong to: --stack NAME" });
    return this.#tracked(async () => {
      const origin: SnapshotOrigin = {
        ...{ volume, stack, service: null, slot: null, deployment: null, origin: "import", consistency: "stopped", who },
        createdAt: clock.now(),
      };
      const snapshot = await snapshots.add(origin, tar, this.#advance("reading", volume, null, progress));
      await this.#note("snapshot.imported", stack, `${snapshot.id} for ${volume} was imported by ${who}`);
      return snapshot;
    });
  }

  /** For the doctor: what about volumes needs somebody. */
  async checks(): Promise<DoctorView["checks"]> {
    const { locks, snapshots, freezer } = this.#parts;
    const { snapshots: whole, damaged } = await snapshots.all();
    const halves = [...locks.halfRestored].map(([volume, id]) => ({
      ...{ name: "volumes", state: "fail" as const, message: `${volume} is only half restored from ${id}` },
      hint: `instar snapshot restore ${id}`,
    }));
    const broken = damaged.map((path) => ({
      ...{ name: "snapshots", state: "warn" as const, message: `${path} has no readable description` },
      hint: "remove the folder by hand",
    }));
    const stuck = freezer.checks();
    const due = (await dueInWords(this.#parts.store)).map((one) => ({ name: "volumes", state: "fail" as const, ...one }));
    if (halves.length + broken.length + stuck.length + due.length > 0) return [...halves, ...due, ...stuck, ...broken];
    return [{ name: "snapshots", state: "ok", message: `${whole.length} snapshots`, hint: null }];
  }

  /** A volume that is gone is made again, as the stack's own. */
  async #makeAgain(name: string, stack: string | null): Promise<void> {
    const { engine, store } = this.#parts;
    if (stack === null || (await engine.volumes()).some((volume) => volume.name === name)) return;
    const declared = Object.values(JSON.parse((await store.stack(stack))?.volumes ?? "{}") as Record<string, VolumeSpec>);
    const owner = (await store.volumes(stack)).find((row) => row.name === name)?.owner ?? undefined;
    await engine.ensureVolume(stack, declared.find((one) => one.name === name && !one.external) ?? plainVolume(name), owner);
  }

  async #there(name: string): Promise<EngineVolume> {
    const found = (await this.#parts.engine.volumes()).find((volume) => volume.name === name);
    if (found === undefined) throw new InstarError("INS2012", `there is no volume ${name}`);
    return found;
  }

  async #ours(name: string): Promise<EngineVolume> {
    const volume = await this.#there(name);
    if (!volume.ours && !(await this.#isAdopted(name))) throw new InstarError("INS3002", `the volume ${name} is not ours`);
    return volume;
  }

  async #isAdopted(name: string): Promise<boolean> {
    return (await this.#parts.store.volumes()).some((row) => row.name === name && row.origin === "adopted");
  }

  async #forgetHalf(volume: string): Promise<void> {
    if (!this.#parts.locks.halfRestored.has(volume)) return;
    await this.#parts.snapshots.clearHalfRestored(volume);
    this.#parts.locks.setHalfRestored(volume, null);
  }

  #advance(phase: "reading" | "verifying" | "restoring", volume: string, of: number | null, progress: Progress): (bytes: number) => void {
    return (bytes) => {
      if (this.#closing) throw new InstarError("INS7001", `the daemon ends; ${phase} ${volume} was broken off`, { hint: "try again" });
      progress({ phase, volume, bytes, of });
    };
  }

  #locked<T>(volume: string, what: string, how: { live?: boolean; mending?: boolean }, work: () => Promise<T>): Promise<T> {
    return this.#tracked(async () => {
      const release = this.#parts.locks.take(volume, what, how);
      try {
        return await work();
      } finally {
        release();
      }
    });
  }

  async #tracked<T>(work: () => Promise<T>): Promise<T> {
    const going = work();
    this.#running.add(going);
    try {
      return await going;
    } finally {
      this.#running.delete(going);
    }
  }

  async #note(kind: string, stack: string | null, message: string): Promise<void> {
    const { store, clock } = this.#parts;
    await store.addEvent(clock.now(), { kind, message, ...(stack === null ? {} : { stack }) });
  }
}

async function* counted(pieces: AsyncIterable<Buffer>, advance: (bytes: number) => void): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    advance(bytes);
    yield piece;
  }
}
