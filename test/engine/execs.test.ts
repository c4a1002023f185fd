import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import type { DockerClient } from "../../src/engine/docker/client.ts";
import { dockerExecs } from "../../src/engine/docker/execs.ts";
import { LABEL } from "../../src/engine/docker/labels.ts";

const INSTALLATION = "installation";
const enter = async (socket: Duplex) => {
  const found = { Id: "c1", State: { Running: true }, Config: { Labels: { [LABEL.installation]: INSTALLATION } } };
  const client = { ask: async () => found, hijack: async () => socket } as unknown as DockerClient;
  return dockerExecs(client, INSTALLATION).enter("web", { command: ["cat"], tty: true, columns: null, rows: null });
};
const listeners = (socket: Duplex): number =>
  ["drain", "close", "error"].map((event) => socket.listenerCount(event)).reduce((sum, count) => sum + count, 0);

test("an exec whose input is slow keeps no listener of the waits that are over", async () => {
  const socket = new Duplex({ read: () => {}, write: (_piece, _encoding, done) => setImmediate(done), writableHighWaterMark: 1 });
  const exec = await enter(socket);
  const before = listeners(socket);
  for (let n = 0; n < 50; n++) await exec.write(Buffer.from("typed"));
  expect(listeners(socket)).toBe(before);
});

test("an exec that ends while its input waits lets go of who writes", async () => {
  const socket = new Duplex({ read: () => {}, write: () => {}, writableHighWaterMark: 1 });
  const exec = await enter(socket);
  const writes = [exec.write(Buffer.from("one")), exec.write(Buffer.from("two"))];
  exec.close();
  await Promise.all(writes);
});
