import util from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connectDocker, socketOf } from "../../src/engine/docker/client.ts";
import { createDockerEngine, unusable } from "../../src/engine/docker/engine.ts";
import { apiAtLeast } from "../../src/lib/api-version.ts";
import { json, type SocketEngine, socketEngine } from "./socket-engine.ts";

let engine: SocketEngine;
beforeEach(async () => {
  engine = await socketEngine();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await engine.close();
});

describe("the version spoken", () => {
  test.each([
    ["1.41", "1.41"],
    ["1.44", "1.44"],
    ["1.51", "1.51"],
    ["1.99", "1.51"],
  ])("an engine of %s is spoken to in %s", async (server, spoken) => {
    engine.version = { Version: "x", ApiVersion: server };
    engine.on("/info", (_request, response) => json(response, 200, { ID: "id" }));
    const client = connectDocker({ socketPath: engine.socketPath });
    expect(await client.apiVersion()).toBe(spoken);
    expect(await client.ask("GET", "/info")).toEqual({ ID: "id" });
    expect(engine.asked).toEqual(["GET /version", `GET /v${spoken}/info`]);
  });

  test.each([
    { Version: "19.03", ApiVersion: "1.40" },
    { Version: "99", ApiVersion: "1.99", MinAPIVersion: "1.60" },
  ])("$Version cannot be used: INS3007", async (version) => {
    engine.version = version;
    await expect(connectDocker({ socketPath: engine.socketPath }).apiVersion()).rejects.toMatchObject({ code: "INS3007" });
  });

  test("is asked once by many, and again after a failure", async () => {
    await engine.die();
    const client = connectDocker({ socketPath: engine.socketPath });
    await expect(client.apiVersion()).rejects.toMatchObject({ code: "INS3001" });
    await engine.listen();
    await Promise.all([client.apiVersion(), client.apiVersion(), client.apiVersion()]);
    expect(engine.asked).toEqual(["GET /version"]);
  });

  test.each([
    ["1.41", "1.41", true],
    ["1.9", "1.41", false],
    ["1.100", "1.41", true],
    ["2.0", "1.41", true],
  ])("%s is at least %s: %s", (version, floor, expected) => {
    expect(apiAtLeast(version, floor)).toBe(expected);
  });
});

describe("answers", () => {
  test.each([200, 500])("one that breaks off, as when the engine is killed, ends the call (status %i): INS3001", async (status) => {
    engine.on("/info", (_request, response) => {
      response.writeHead(status, { "Content-Type": "application/json", "Content-Length": "1000" }).write('{"ID":');
      setTimeout(() => response.destroy(), 20);
    });
    const client = connectDocker({ socketPath: engine.socketPath });
    await expect(client.ask("GET", "/info")).rejects.toMatchObject({ code: "INS3001" });
  });

  test("what is no JSON is null, an empty answer too", async () => {
    engine.on("/_ping", (_request, response) => void response.writeHead(200, { "Content-Type": "text/plain" }).end("OK"));
    engine.on("/empty", (_request, response) => void response.writeHead(204).end());
    const client = connectDocker({ socketPath: engine.socketPath });
    expect(await client.ask("GET", "/_ping")).toBeNull();
    expect(await client.ask("POST", "/empty")).toBeNull();
  });
});

describe("the engine's place", () => {
  test.each([
    [{ socketPath: "/x.sock" }, "/x.sock"],
    [{ dockerHost: "unix:///y.sock" }, "/y.sock"],
    [{ dockerHost: "unix://" }, "/var/run/docker.sock"],
    [{ dockerHost: "" }, "/var/run/docker.sock"],
  ])("%j", (address, path) => {
    expect(socketOf(address)).toBe(path);
  });

  test.each(["tcp://10.0.0.1:2375", "ssh://host", "npipe:////./pipe/docker_engine", "10.0.0.1:2375"])(
    "%s is not here: INS3007",
    (dockerHost) => {
      expect(() => createDockerEngine({ dockerHost, installation: "x" })).toThrow(expect.objectContaining({ code: "INS3007" }));
    },
  );

  test("a DOCKER_HOST of the environment does not win over the socket that was given", async () => {
    vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:1");
    vi.stubEnv("DOCKER_TLS_VERIFY", "1");
    expect(await connectDocker({ socketPath: engine.socketPath }).apiVersion()).toBe("1.41");
  });

  const info = { OSType: "linux", OperatingSystem: "Debian GNU/Linux 12", SecurityOptions: ["name=seccomp,profile=default"] };
  test.each([
    [{ ...info, SecurityOptions: [...info.SecurityOptions, "name=rootless"] }, /rootless/],
    [{ ...info, OperatingSystem: "Docker Desktop" }, /Desktop/],
    [{ ...info, OSType: "windows" }, /windows/],
  ])("%j cannot be used", (given, words) => {
    expect(unusable(given)).toMatch(words);
  });
  test("a rootful Linux one can", () => {
    expect(unusable(info)).toBeNull();
    expect(unusable({ ...info, SecurityOptions: null })).toBeNull();
  });
});

test("what docker-modem prints of a request does not grow with the connections that stand", async () => {
  const printed = vi.spyOn(util, "inspect");
  engine.on("/info", (_request, response) => json(response, 200, { ID: "id" }));
  const client = connectDocker({ socketPath: engine.socketPath });
  for (let round = 0; round < 2; round += 1) await Promise.all(Array.from({ length: 16 }, () => client.ask("GET", "/info")));
  const lengths = printed.mock.results.map((result) => String(result.value).length);
  printed.mockRestore();
  expect(lengths.length).toBeGreaterThan(32);
  expect(Math.max(...lengths)).toBeLessThan(2000);
});

describe("an engine that does not answer", () => {
  test("no socket is INS3001, and so is an engine that dies in the middle", async () => {
    const nowhere = connectDocker({ socketPath: "/nowhere/docker.sock" });
    await expect(nowhere.ask("GET", "/info")).rejects.toMatchObject({ code: "INS3001", row: { retryable: true } });
    engine.on("/info", () => void engine.die());
    await expect(connectDocker({ socketPath: engine.socketPath }).ask("GET", "/info")).rejects.toMatchObject({ code: "INS3001" });
  });

  test("that has ended every connection is asked again, once, whatever it is: what could not be written was not heard", async () => {
    engine.on("/info", (_request, response) => json(response, 200, { ID: "id" }));
    engine.on("/containers/a/start", (_request, response) => json(response, 200, {}));
    const client = connectDocker({ socketPath: engine.socketPath });
    await Promise.all(Array.from({ length: 20 }, () => client.ask("GET", "/info")));
    engine.asked.length = 0;
    const asking = client.ask("POST", "/containers/a/start");
    engine.cut();
    await asking;
    expect(engine.asked).toEqual(["POST /v1.41/containers/a/start"]);
  });

  test("comes back under the same client", async () => {
    engine.on("/info", (_request, response) => json(response, 200, { ID: "id" }));
    const client = connectDocker({ socketPath: engine.socketPath });
    await client.ask("GET", "/info");
    await engine.die();
    await expect(client.ask("GET", "/info")).rejects.toMatchObject({ code: "INS3001" });
    await engine.listen();
    expect(await client.ask("GET", "/info")).toEqual({ ID: "id" });
  });
});
