import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDockerEngine } from "../../src/engine/docker/engine.ts";
import { Containers } from "../../src/haproxy/container.ts";
import { json, type SocketEngine, socketEngine } from "./socket-engine.ts";

const INSTALLATION = "0123456789abcdef";
const installed = { "dev.instar.installation": INSTALLATION };
let engine: SocketEngine;
beforeEach(async () => {
  engine = await socketEngine();
});
afterEach(() => engine.close());

/** The engine has these, and lets each be removed. */
function has(...entries: readonly (readonly [id: string, labels: Record<string, string>])[]): void {
  const mount = { Type: "volume", Name: "shop_db", RW: true };
  const rows = entries.map(([name, labels]) => ({
    Id: name,
    Names: [`/${name}`],
    Labels: { ...installed, ...labels },
    State: "running",
    Mounts: [mount],
  }));
  engine.on("/containers/json", (_request, response) => json(response, 200, rows));
  for (const { Id } of rows) engine.on(`/containers/${Id}`, (_request, response) => void response.writeHead(204).end());
}
const removed = () => engine.asked.filter((line) => line.startsWith("DELETE")).map((line) => line.replace(/^.*\//, ""));

describe("labels of an image make no container of an application one of the daemon's own", () => {
  const containers = () =>
    new Containers({ socketPath: engine.socketPath, image: "r", installation: INSTALLATION, home: "/h", directory: "/h/router" });

  test("the router", async () => {
    const role = { "dev.instar.router": "2" };
    has(
      ["instar-router-01234567-2", role],
      ["instar-router-01234567-3", role],
      ["shop-web-1", role],
      ["instar-router-01234567-4", { "dev.instar.router": "4", "dev.instar.slot": "1" }],
    );
    expect((await containers().list()).map(({ id }) => id)).toEqual(["instar-router-01234567-2"]);
  });

  test("what asks the router's image", async () => {
    const role = { "dev.instar.router": "probe" };
    const slot = { ...role, "dev.instar.slot": "1" };
    has(["instar-router-01234567-probe-00c0ffee", role], ["shop-web-1", role], ["instar-router-01234567-probe-00000001", slot]);
    engine.on("/containers/create", (_request, response) => json(response, 500, { message: "no more of this test" }));
    await expect(containers().probe()).rejects.toMatchObject({ code: "INS3005" });
    expect(removed()).toEqual(["instar-router-01234567-probe-00c0ffee"]);
  });

  test("work on a volume", async () => {
    const role = { "dev.instar.role": "volume" };
    const slot = { ...role, "dev.instar.slot": "1" };
    has(["instar-volume-01234567-00c0ffee", role], ["shop-web-1", role], ["instar-volume-01234567-00000001", slot]);
    const adapter = createDockerEngine({ socketPath: engine.socketPath, installation: INSTALLATION });
    await adapter.sweepVolumeWork();
    expect(removed()).toEqual(["instar-volume-01234567-00c0ffee"]);
    expect((await adapter.volumeUsers("shop_db")).map(({ container }) => container)).toEqual([
      "shop-web-1",
      "instar-volume-01234567-00000001",
    ]);
  });
});
