import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Client, connect } from "../../src/cli/client.ts";
import { contextTar } from "../../src/cli/context.ts";
import { homeOf } from "../../src/lib/home.ts";
import { run } from "./spawn.ts";

let folder: string;
let client: Client;
let server: Server | null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "instar-sending-"));
  client = await connect({}, homeOf({ INSTAR_HOME: folder }, 0, ""), (operation) => operation());
  server = null;
});
afterEach(async () => {
  client.close();
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

async function answering(how: RequestListener): Promise<void> {
  const made = createServer(how);
  server = made;
  await new Promise<void>((resolve) => made.listen(join(folder, "instar.sock"), resolve));
}
async function sent(body: Readable): Promise<string[]> {
  const seen: string[] = [];
  for await (const line of await client.stream("/v1/build", { method: "POST", body })) seen.push(line);
  return seen;
}
/** A beginning, then `end`. */
const begun = (end: () => Promise<void>): Readable =>
  Readable.from(
    (async function* () {
      yield "x".repeat(100);
      await end();
    })(),
  );
const endless = (): Readable =>
  Readable.from(
    (async function* () {
      for (;;) yield "x".repeat(100_000);
    })(),
  );
const denied = (): Promise<void> => Promise.reject(Object.assign(new Error("EACCES: permission denied, read"), { code: "EACCES" }));

test("a file that vanishes from a build context is named, and the socket is not blamed", async () => {
  const context = join(folder, "context");
  await mkdir(context);
  await writeFile(join(context, "a"), "x".repeat(1_000_000));
  await writeFile(join(context, "z"), "FROM a\n");
  await answering((request, response) => request.resume().on("end", () => response.end("{}\n")));
  const body = await contextTar(context, "z");
  // The folder has been listed then, and the archive stands still in its first file.
  await once(body, "readable");
  rmSync(join(context, "z"));
  await expect(sent(body)).rejects.toMatchObject({
    code: "INS1001",
    message: expect.stringContaining(`${join(context, "z")} cannot be read`),
  });
});

test("any other error of what is sent is no error of the connection, before and after the answer has begun", async () => {
  await answering((request) => void request.resume());
  await expect(sent(begun(denied))).rejects.toMatchObject({ code: "INS1001", message: expect.stringContaining("permission denied") });
  server?.removeAllListeners("request");
  let answered: () => void = () => undefined;
  const seen = new Promise<void>((resolve) => {
    answered = resolve;
  });
  server?.on("request", (request, response) => {
    request.resume();
    response.write("{}\n");
  });
  const lines = await client.stream("/v1/build", { method: "POST", body: begun(() => seen.then(denied)) });
  const read = (async () => {
    for await (const _ of lines) answered();
  })();
  await expect(read).rejects.toMatchObject({ code: "INS1001", message: expect.stringContaining("permission denied") });
});

test("a connection that breaks is one, whatever is being sent", async () => {
  await expect(sent(begun(async () => undefined))).rejects.toMatchObject({
    code: "INS7001",
    message: expect.stringContaining("there is no socket"),
  });
  await answering((request) => void request.once("data", () => request.socket.destroy()));
  await expect(sent(begun(() => new Promise(() => undefined)))).rejects.toMatchObject({ code: "INS7001" });
  server?.removeAllListeners("request");
  server?.on("request", (request, response) => response.write("{}\n", () => request.socket.destroy()));
  await expect(sent(endless())).rejects.toMatchObject({ code: "INS7001" });
});

test("who refuses before all is sent is heard", async () => {
  await answering((request, response) => {
    request.once("data", () => {
      const error = { code: "INS2010", message: "too large", hint: "send less" };
      response.writeHead(413, { connection: "close" }).end(JSON.stringify({ error }), () => setImmediate(() => request.socket.destroy()));
    });
  });
  await expect(sent(endless())).rejects.toMatchObject({ code: "INS2010" });
});

test("an archive that cannot be read is named", async () => {
  const instar = (file: string) => run(["snapshot", "import", file, "--volume", "v"], { INSTAR_HOME: folder });
  expect(await instar(folder)).toMatchObject({ code: 65, err: expect.stringContaining(`INS1001 ${folder} is a folder`) });
  expect(await instar(join(folder, "none"))).toMatchObject({ code: 65, err: expect.stringContaining("none cannot be read: ENOENT") });
});
