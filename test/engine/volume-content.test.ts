import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { DockerClient } from "../../src/engine/docker/client.ts";
import { dockerVolumeContent, extraction } from "../../src/engine/docker/volume-content.ts";

/** An engine whose one container has these streams, and ends with this status. */
const contentOver = (socket: Duplex, ended: Promise<number>) => {
  const ask = async (_method: string, path: string): Promise<unknown> =>
    path.endsWith("/wait") ? { StatusCode: await ended } : { Id: "c1" };
  return dockerVolumeContent({ ask, attach: async () => socket } as unknown as DockerClient, "installation", "image");
};

const said = (text: string): Buffer => Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);

const collected = (() => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  return (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
})();

test("a restore keeps nothing of the pieces it wrote, however often it had to wait", async () => {
  const socket = new Duplex({ read: () => {}, write: (_piece, _encoding, done) => setImmediate(done), writableHighWaterMark: 1 });
  const grown: number[] = [];
  async function* tar(): AsyncGenerator<Buffer> {
    const piece = Buffer.alloc(1);
    const before = collected();
    for (let n = 0; n < 50_000; n++) yield piece;
    grown.push(collected() - before);
    socket.push(said("Total bytes received: 50000\n"));
    socket.push(null);
  }
  await contentOver(socket, Promise.resolve(0)).writeVolume("v", tar());
  expect(grown[0]).toBeLessThan(4_000_000);
});

test("a container that ends while it is written to ends the restore, with what it said", async () => {
  // It never reads.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (other) => {
    other.on("error", () => {});
    void started.then(() => other.end(said("tar: ./a: Cannot write: No space left on device\n")));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const socket: Socket = connect(server.address() as { port: number });
  await once(socket, "connect");
  async function* tar(): AsyncGenerator<Buffer> {
    for (;;) yield Buffer.alloc(1 << 20);
  }
  const writing = contentOver(
    socket,
    started.then(() => 2),
  ).writeVolume("v", tar());
  await vi.waitFor(() => expect(socket.writableNeedDrain).toBe(true));
  start();
  await expect(writing).rejects.toMatchObject({ code: "INS3009", message: expect.stringContaining("No space left") });
  server.close();
});

describe("a restore whose connection breaks off is not whole, although the container ended well", () => {
  async function* tar(): AsyncGenerator<Buffer> {
    for (let n = 0; n < 3; n++) yield Buffer.alloc(1000);
  }
  const writing = (socket: Duplex) => contentOver(socket, Promise.resolve(0)).writeVolume("v", tar());
  const early = { code: "INS3010", message: "the volume v could not be written: its stream ended early" };

  test.each([
    ["less arrived than was sent", "Total bytes received: 2000\n"],
    ["it did not say how much arrived", ""],
  ])("%s", async (_what, words) => {
    const socket = new Duplex({
      read: () => {},
      write: (_piece, _encoding, done) => done(),
      final: (done) => {
        if (words !== "") socket.push(said(words));
        socket.push(null);
        done();
      },
    });
    await expect(writing(socket)).rejects.toMatchObject(early);
  });

  test("it took no more", async () => {
    const socket = new Duplex({
      read: () => {},
      write: (_piece, _encoding, done) => {
        done();
        socket.push(said("Total bytes received: 1000\n"));
        socket.push(null);
        socket.end();
      },
    });
    await expect(writing(socket)).rejects.toMatchObject(early);
  });
});

describe("what the container of a restore does", () => {
  let root: string;
  let volume: string;
  /** Of three files in the order of their names. */
  let archive: Buffer;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "instar-extraction-"));
    volume = join(root, "v");
    for (const folder of ["v", "from", "bin"]) mkdirSync(join(root, folder));
    for (const name of ["a", "b", "c"]) writeFileSync(join(root, "from", name), name.repeat(10_000));
    writeFileSync(join(volume, "old"), "old");
    archive = spawnSync("tar", ["--create", "--sort=name", `--directory=${join(root, "from")}`, "."]).stdout;
  });
  afterEach(() => rmSync(root, { recursive: true }));

  /** `help`: what the image's `sync` says of itself. */
  function extract(input: Buffer, help: string, status = 0) {
    const script = `#!/bin/sh\n[ "$1" = --help ] && { echo '${help}'; exit; }\necho "sync $* with $(ls ${volume} | tr '\\n' ' ')" >&2; exit ${status}\n`;
    writeFileSync(join(root, "bin/sync"), script, { mode: 0o755 });
    const PATH = `${join(root, "bin")}:${process.env["PATH"]}`;
    const done = spawnSync("sh", ["-c", extraction(volume)], { input, env: { PATH, LC_ALL: "C" } });
    return { status: done.status, words: done.stderr.toString().trim().split("\n") };
  }
  const GNU = "  -f, --file-system      sync the file systems that contain the files";

  test("fills the emptied volume, and says how much arrived when that is on its disk", () => {
    const done = extract(archive, GNU);
    expect(done).toEqual({ status: 0, words: [`sync -f ${volume} with a b c `, `Total bytes received: ${archive.length}`] });
    expect(readFileSync(join(volume, "c"), "utf8")).toBe("c".repeat(10_000));
  });

  test("with a sync that knows no file system, on all disks", () => {
    expect(extract(archive, "Usage: sync").words[0]).toBe("sync  with a b c ");
  });

  test("fails when it cannot be on the disk, and says nothing of what arrived", () => {
    const { status, words } = extract(archive, GNU, 1);
    expect(status).toBe(1);
    expect(words.join()).not.toContain("Total");
  });

  test("of a stream that was cut between two files it says what arrived: to tar that is a whole one", () => {
    const cut = archive.subarray(0, 512 + 512 + 10_240);
    expect(extract(cut, GNU)).toMatchObject({ status: 0, words: [expect.anything(), `Total bytes received: ${cut.length}`] });
    expect(readdirSync(volume)).toEqual(["a"]);
  });
});
