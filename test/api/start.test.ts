import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parsePlace, tryAddress } from "../../src/api/address.ts";
import { homeOf } from "../../src/lib/home.ts";
import { runServer } from "../../src/main.ts";
import { settingsOf } from "../../src/settings.ts";
import { LOCK_FILE } from "../../src/store/sqlite.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "instar-start-"));
  // Should a start go on that was to be refused, no engine is there.
  vi.stubEnv("DOCKER_HOST", `unix://${join(root, "no-engine.sock")}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

async function listening(): Promise<{ server: Server; address: string }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const start = (home = join(root, "home"), address: string | null = null) =>
  runServer({ home: homeOf({ INSTAR_HOME: home }, 0, ""), address, version: "0" });

describe("before anything is opened, refused with its remedy, is", () => {
  test.each([
    ["INSTAR_LOG", "foo", "debug"],
    ["INSTAR_HTTP_PORT", "abc", "65535"],
    ["INSTAR_HTTP_PORT", "0", "65535"],
    ["INSTAR_HTTP_PORT", "65536", "65535"],
    ["INSTAR_HTTP_PORT", "8e1", "65535"],
    ["INSTAR_LOOK", "1ms", "100ms"],
    ["INSTAR_LOOK", "30d", "24d"],
    ["INSTAR_POOL", "10.209.0.0", "10.209.0.0/16"],
    ["INSTAR_POOL", "10.209.0.0/24", "/23"],
    ["INSTAR_POOL", "0.0.0.0/7", "/8"],
    ["INSTAR_POOL", "10.209.0.256/16", "10.209.0.0/16"],
    ["INSTAR_POOL", "10.209.0.0/16/16", "10.209.0.0/16"],
    ["INSTAR_POOL", "fd00::/16", "IPv4"],
  ])("%s=%s", async (name, value, hint) => {
    vi.stubEnv(name, value);
    const refusal = { code: "INS2001", message: `${name} is ${value}`, hint: expect.stringContaining(hint) };
    await expect(start()).rejects.toMatchObject(refusal);
    expect(readdirSync(root)).toEqual([]);
  });

  test.each(["nonsense", "127.0.0.1:", "127.0.0.1:65536", "::1:80"])("the listen address %s", async (address) => {
    const refusal = { code: "INS2001", message: expect.stringContaining(address), hint: expect.stringContaining("127.0.0.1:7080") };
    await expect(start(undefined, address)).rejects.toMatchObject(refusal);
    expect(readdirSync(root)).toEqual([]);
  });

  test("a home whose socket's path is too long", async () => {
    await expect(start(join(root, "x".repeat(100)))).rejects.toMatchObject({ code: "INS7003" });
    expect(readdirSync(root)).toEqual([]);
  });

  test.each([
    ["cannot be made", "file/home"],
    ["is a file", "file"],
  ])("a home that %s", async (_what, name) => {
    writeFileSync(join(root, "file"), "kept");
    const refusal = { code: "INS2001", message: expect.stringContaining(name), hint: expect.stringContaining("INSTAR_HOME") };
    await expect(start(join(root, name))).rejects.toMatchObject(refusal);
    expect(readFileSync(join(root, "file"), "utf8")).toBe("kept");
  });

  test("an address where another program listens: nothing but the lock is in the home then", async () => {
    const { server, address } = await listening();
    const refusal = { code: "INS7004", message: expect.stringContaining("another program listens there") };
    await expect(start(undefined, address)).rejects.toMatchObject(refusal);
    server.close();
    expect(readdirSync(join(root, "home")).filter((name) => !name.startsWith(LOCK_FILE))).toEqual([]);
    expect(existsSync(join(root, "home", LOCK_FILE))).toBe(true);
  });
});

test("an address that was tried is free again", async () => {
  const { server, address } = await listening();
  const place = { socket: "/s", address };
  const at = parsePlace(place) ?? { host: "", port: 0 };
  await expect(tryAddress(at)).rejects.toMatchObject({ code: "INS7004" });
  await new Promise((resolve) => server.close(resolve));
  await tryAddress(at);
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(at, resolve));
  server.close();
});

test("an address is written in four ways", () => {
  const parsed = (address: string | null) => parsePlace({ socket: "/s", address });
  expect(parsed("127.0.0.1:7080")).toEqual({ host: "127.0.0.1", port: 7080 });
  expect(parsed("[::1]:7080")).toEqual({ host: "::1", port: 7080 });
  expect([parsed(":7080"), parsed("7080")]).toEqual([parsed("127.0.0.1:7080"), parsed("127.0.0.1:7080")]);
  expect(parsed(null)).toBeNull();
});

test("settings that are empty are as none; what is written is taken", () => {
  expect(settingsOf({})).toEqual({ logLevel: "info", httpPort: 80, pool: "10.209.0.0/16", routerImage: "instar/router:3.0" });
  const names = ["INSTAR_LOG", "INSTAR_HTTP_PORT", "INSTAR_LOOK", "INSTAR_POOL", "INSTAR_ROUTER_IMAGE"];
  expect(settingsOf(Object.fromEntries(names.map((name) => [name, ""])))).toEqual(settingsOf({}));
  const written = {
    INSTAR_LOG: "DEBUG",
    INSTAR_HTTP_PORT: "65535",
    INSTAR_LOOK: "100ms",
    INSTAR_POOL: "172.16.0.0/12",
    INSTAR_ROUTER_IMAGE: "a/b:c",
  };
  expect(settingsOf(written)).toEqual({
    logLevel: "debug",
    httpPort: 65535,
    lookEveryMs: 100,
    pool: "172.16.0.0/12",
    routerImage: "a/b:c",
  });
  expect(settingsOf({ INSTAR_LOG: "silent" }).logLevel).toBe("silent");
});
