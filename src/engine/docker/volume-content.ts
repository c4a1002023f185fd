import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type Docker from "dockerode";
import { InstarError } from "../../errors.ts";
import type { Engine } from "../../reconcile/ports.ts";
import type { DockerClient } from "./client.ts";
import { drained } from "./drained.ts";
import { failureOf, orMissing, refused } from "./failure.ts";
import { framesOf } from "./frames.ts";
import { LABEL } from "./labels.ts";
import { nameOf } from "./observation.ts";

const AT = "/v";
const ALL_ATTRIBUTES = "--xattrs --xattrs-include='*' --acls --numeric-owner";

/**
 * Sorted, without the times of reading, and always process 1, whose number is in the names of sparse files: so the same
 * content gives the same bytes.
 */
const READ = `exec tar --create --file=- --directory=${AT} --format=posix --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
--sort=name --one-file-system --sparse ${ALL_ATTRIBUTES} --totals .`;
/**
 * What was cut off between two files is a whole archive to tar: so what arrives is counted on its way to it (descriptor 3 leads to tar, 4
 * to `n`). The count is told last, when all is on the disk; a `sync` that cannot do one file system does them all.
 */
export const extraction = (at: string): string =>
  `find ${at} -mindepth 1 -delete && n=$({ { tee /dev/fd/3 | wc -c >&4; } 3>&1 | tar --extract --file=- --directory=${at} --same-owner \
--same-permissions --delay-directory-restore ${ALL_ATTRIBUTES}; } 4>&1) && case $(sync --help 2>&1) in *-f*) sync -f ${at};; *) sync;; esac \
&& echo "Total bytes received: $n" >&2`;
const WRITE = extraction(AT);
const MEASURE = `du --summarize --block-size=1 --one-file-system ${AT}`;

const READING = ["DAC_READ_SEARCH"];
const WRITING = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "MKNOD", "SETFCAP"];
/** GNU tar: 1 is "some files differ", which is what happens to files that are written to. */
const CHANGED = 1;
const KEPT_WORDS = 4_000;

/** A container at work on a volume, attached and started. */
interface Work {
  readonly id: string;
  readonly socket: Socket;
  /** Its exit status. */
  readonly ended: Promise<number>;
}

export type VolumeContent = Pick<Engine, "measureVolume" | "readVolume" | "writeVolume" | "sweepVolumeWork">;

const prefixOf = (installation: string): string => `instar-volume-${installation.slice(0, 8)}-`;

/** An image's own labels are on its containers too: they alone prove nothing, the name and what an instance has do. */
export const isVolumeWork = (entry: Docker.ContainerInfo, installation: string): boolean => {
  const prefix = prefixOf(installation);
  const labels = entry.Labels ?? {};
  return (
    labels[LABEL.installation] === installation &&
    labels[LABEL.role] === "volume" &&
    labels[LABEL.slot] === undefined &&
    nameOf(entry).startsWith(prefix) &&
    /^[0-9a-f]{8}$/.test(nameOf(entry).slice(prefix.length))
  );
};

/**
 * Volumes are read and written by GNU tar in a container of `image` that has nothing but the volume: no network, no
 * writable root, no capability that the work does not need. Works for every driver, and for a daemon that is no root.
 * docs/adr/0010 has what the engine's archive calls lose.
 */
export const dockerVolumeContent = (client: DockerClient, installation: string, image: string): VolumeContent => {
  const create = async (volume: string, command: string, capabilities: readonly string[], readOnly: boolean): Promise<string> => {
    // A container would make the volume it names.
    if ((await orMissing(client.ask("GET", `/volumes/${encodeURIComponent(volume)}`))) === null)
      throw new InstarError("INS2012", `there is no volume ${volume}`);
    const body: Docker.ContainerCreateOptions = {
      Image: image,
      User: "0:0",
      Entrypoint: ["sh", "-c", command],
      Env: ["LC_ALL=C"],
      Labels: { [LABEL.installation]: installation, [LABEL.role]: "volume" },
      OpenStdin: true,
      StdinOnce: true,
      HostConfig: {
        NetworkMode: "none",
        ReadonlyRootfs: true,
        CapDrop: ["ALL"],
        CapAdd: [...capabilities],
        SecurityOpt: ["no-new-privileges"],
        LogConfig: { Type: "none", Config: {} },
        // Nothing of the image is copied into an empty volume.
        Mounts: [{ Type: "volume", Source: volume, Target: AT, ReadOnly: readOnly, VolumeOptions: { NoCopy: true } as never }],
      },
    };
    const name = `${prefixOf(installation)}${randomBytes(4).toString("hex")}`;
    try {
      return (await client.ask<{ Id: string }>("POST", "/containers/create", { query: { name }, body })).Id;
    } catch (error) {
      if (refused(error, 404) && /no such image/i.test(error.message))
        throw new InstarError("INS4004", `there is no image ${image}, in which volumes are read and written`, { cause: error });
      throw error;
    }
  };

  const remove = async (id: string): Promise<void> => {
    try {
      await orMissing(client.ask("DELETE", `/containers/${id}`, { query: { force: true, v: false } }));
    } catch (error) {
      if (!(refused(error, 409) && /already in progress/.test(error.message))) throw error;
    }
  };

  const begin = async (id: string): Promise<Work> => {
    const socket = await client.attach(id);
    const ended = client
      .ask<{ StatusCode: number }>("POST", `/containers/${id}/wait`, { query: { condition: "next-exit" } })
      .then(({ StatusCode }) => StatusCode);
    // Awaited later, or not at all when something else fails first.
    ended.catch(() => undefined);
    await client.ask("POST", `/containers/${id}/start`);
    return { id, socket, ended };
  };

  async function* readVolume(name: string, { live }: { readonly live: boolean }): AsyncGenerator<Buffer> {
    const id = await create(name, READ, READING, true);
    try {
      const work = await begin(id);
      let words = "";
      let received = 0;
      try {
        for await (const { stream, payload } of framesOf(work.socket)) {
          if (stream === "stderr") words = (words + payload.toString("utf8")).slice(-KEPT_WORDS);
          else {
            received += payload.length;
            yield payload;
          }
        }
      } catch (error) {
        throw failureOf(error, `reading the volume ${name}`);
      } finally {
        work.socket.destroy();
      }
      const status = await work.ended;
      // A connection that broke looks like an end.
      if ((status !== 0 && !(live && status === CHANGED)) || received !== totalOf(words, "written"))
        throw failed(`the volume ${name} could not be read`, status, words);
    } finally {
      await remove(id);
    }
  }

  const writeVolume: Engine["writeVolume"] = async (name, tar) => {
    const id = await create(name, WRITE, WRITING, false);
    try {
      const { socket, ended } = await begin(id);
      const said = wordsOf(socket);
      // Its end is told by what it says and by its status; a broken pipe is one of its ways to end.
      socket.on("error", () => undefined);
      let sent: number | null = 0;
      try {
        for await (const piece of tar) {
          if (socket.destroyed || !socket.writable) {
            sent = null;
            break;
          }
          sent += piece.length;
          // Once it has said all, its connection is closed too.
          if (!socket.write(piece)) await drained(socket);
        }
        socket.end();
        const status = await ended;
        const words = await said;
        if (status !== 0 || sent === null || sent !== totalOf(words, "received"))
          throw failed(`the volume ${name} could not be written`, status, words);
      } finally {
        socket.destroy();
      }
    } finally {
      await remove(id);
    }
  };

  const measureVolume: Engine["measureVolume"] = async (name) => {
    const id = await create(name, MEASURE, READING, true);
    try {
      const { socket, ended } = await begin(id);
      socket.end();
      const said = await wordsOf(socket);
      const status = await ended;
      const size = /^(\d+)\t/m.exec(said)?.[1];
      // du also fails on a file that vanished meanwhile, and has counted the others.
      if (size === undefined) throw failed(`the volume ${name} could not be measured`, status, said);
      return Number(size);
    } finally {
      await remove(id);
    }
  };

  const sweepVolumeWork: Engine["sweepVolumeWork"] = async () => {
    const filters = { label: [`${LABEL.installation}=${installation}`, `${LABEL.role}=volume`] };
    for (const entry of await client.ask<Docker.ContainerInfo[]>("GET", "/containers/json", { query: { all: true, filters } }))
      if (isVolumeWork(entry, installation)) await remove(entry.Id);
  };

  return { readVolume, writeVolume, measureVolume, sweepVolumeWork };
};

/** `Total bytes written: 10240 (10KiB, 24MiB/s)`, which is the last it says; null before that. */
const totalOf = (words: string, what: "written" | "received"): number | null => {
  const found = new RegExp(`^Total bytes ${what}: *(\\d+)`, "m").exec(words)?.[1];
  return found === undefined ? null : Number(found);
};

/** What the container said, up to its end. */
const wordsOf = async (socket: Socket): Promise<string> => {
  let words = "";
  try {
    for await (const { payload } of framesOf(socket)) words = (words + payload.toString("utf8")).slice(-KEPT_WORDS);
  } catch (error) {
    // The other side is gone; the exit status tells what that means.
    if (!(error instanceof Error && "code" in error)) throw error;
  }
  return words;
};

const failed = (what: string, status: number, words: string): InstarError => {
  const told = words
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("Total bytes"))
    .slice(-3)
    .join("; ");
  if (/no space left|quota exceeded/i.test(told)) return new InstarError("INS3009", `${what}: ${told}`);
  const ending = status === 0 ? "its stream ended early" : `it ended with status ${status}`;
  return new InstarError("INS3010", `${what}: ${told || ending}`);
};
