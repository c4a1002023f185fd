import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectDocker } from "../../src/engine/docker/client.ts";
import { GONE, type HostFile, hostFileReader, hostFilesOf } from "../../src/engine/docker/host-files.ts";
import { type SocketEngine, socketEngine } from "./socket-engine.ts";

let folder: string;
let engine: SocketEngine;
let reader: ReturnType<typeof hostFileReader>;
let files: readonly HostFile[];
beforeEach(async () => {
  folder = join(mkdtempSync(join(tmpdir(), "instar-host-files-")), "c1");
  mkdirSync(folder);
  engine = await socketEngine();
  reader = hostFileReader(connectDocker({ socketPath: engine.socketPath }));
  files = ["hosts", "resolv.conf", "hostname"].map((name): HostFile => [`/etc/${name}`, join(folder, name)]);
  for (const [, host] of files) writeFileSync(host, "as it began\n");
});
afterEach(async () => {
  await engine.close();
  rmSync(join(folder, ".."), { recursive: true });
});

const read = () => reader.read("c1", files);

describe("hosts, resolv.conf and hostname of an instance", () => {
  it("an edit of each shows, and nothing is asked of the engine", async () => {
    const { files: before } = await read();
    expect(Object.keys(before)).toEqual(["/etc/hosts", "/etc/resolv.conf", "/etc/hostname"]);
    expect((await read()).files).toEqual(before);
    for (const [inside, host] of files) {
      appendFileSync(host, "10.0.0.1 elsewhere\n");
      const now = (await read()).files;
      expect(Object.keys(now).filter((path) => now[path] !== before[path])).toContain(inside);
    }
    expect(engine.asked).toEqual([]);
  });

  it("one that something else is mounted over is not the engine's, whose path for it is then that of the mount", () => {
    const paths = { HostsPath: "/srv/hosts", ResolvConfPath: "/engine/resolv.conf", HostnamePath: "/engine/hostname" };
    const of = (...mounted: string[]) => hostFilesOf({ ...paths, Mounts: mounted.map((Destination) => ({ Destination })) } as never);
    expect(of("/data")).toEqual([
      ["/etc/hosts", "/srv/hosts"],
      ["/etc/resolv.conf", "/engine/resolv.conf"],
      ["/etc/hostname", "/engine/hostname"],
    ]);
    expect(of("/data", "/etc/hosts").map(([inside]) => inside)).toEqual(["/etc/resolv.conf", "/etc/hostname"]);
  });

  it("one that was deleted is gone; the others are not", async () => {
    rmSync(join(folder, "hosts"));
    const { files: now } = await read();
    expect([now["/etc/hosts"], now["/etc/hostname"]]).toEqual([GONE, expect.stringMatching(/^[0-9a-f]{16}$/)]);
  });

  it("what the engine itself wrote is known by the engine's own account of it", async () => {
    const account = (content: string): void => {
      writeFileSync(join(folder, "resolv.conf.hash"), `sha256:${createHash("sha256").update(content).digest("hex")}`);
    };
    expect((await read()).enginesOwn).toEqual([]);
    account("as it began\n");
    expect((await read()).enginesOwn).toEqual(["/etc/resolv.conf"]);
    writeFileSync(join(folder, "resolv.conf"), "nameserver 10.9.9.9\n");
    expect((await read()).enginesOwn).toEqual([]);
    account("nameserver 10.9.9.9\n");
    expect((await read()).enginesOwn).toEqual(["/etc/resolv.conf"]);
  });

  it("where the engine's folder cannot be seen, the engine is asked for size and time, and a change of them shows", async () => {
    let mtime = "2026-11-25T00:00:00Z";
    engine.on("/containers/c1/archive", (request, response, url) => {
      const said = { name: "hosts", size: 12, mode: 420, mtime: url.searchParams.get("path") === "/etc/hosts" ? mtime : "" };
      const header = Buffer.from(JSON.stringify(said)).toString("base64");
      response.writeHead(request.method === "HEAD" ? 200 : 500, { "X-Docker-Container-Path-Stat": header }).end();
    });
    rmSync(folder, { recursive: true });
    const { files: before } = await read();
    expect(before["/etc/hosts"]).toBe(`told:12:420:${mtime}`);
    mtime = "2026-11-25T00:00:01Z";
    const { files: now } = await read();
    expect(Object.keys(now).filter((path) => now[path] !== before[path])).toEqual(["/etc/hosts"]);
  });

  it("of a container that is gone nothing is said", async () => {
    rmSync(folder, { recursive: true });
    expect(await read()).toEqual({ files: {}, enginesOwn: [] });
  });
});
