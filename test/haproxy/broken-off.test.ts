import { afterEach, beforeEach, expect, test } from "vitest";
import { Containers } from "../../src/haproxy/container.ts";
import { Saver } from "../../src/haproxy/saver.ts";
import { type SocketEngine, socketEngine } from "../engine/socket-engine.ts";
import { EMPTY } from "../route/tables.ts";

let engine: SocketEngine;
beforeEach(async () => {
  engine = await socketEngine();
});
afterEach(() => engine.close());

test("an engine that dies in the middle of an answer ends the router's calls: INS3001", async () => {
  engine.on("/containers/json", (_request, response) => {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "1000" }).write("[{");
    setTimeout(() => response.destroy(), 20);
  });
  const { socketPath } = engine;
  const containers = new Containers({ socketPath, image: "r", installation: "0123456789abcdef", home: "/h", directory: "/h/router" });
  await expect(containers.list()).rejects.toMatchObject({ code: "INS3001" });
});

test("a table that could not be saved is saved by itself, although nothing else changes", async () => {
  let refused = 0;
  const done = new Promise<void>((resolve) => {
    const saver = new Saver(async () => {
      if (refused++ === 0) throw new Error("the container ended while it checked a configuration");
      resolve();
    });
    saver.save(EMPTY);
  });
  await done;
  expect(refused).toBe(2);
});
