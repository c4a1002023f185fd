import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addressIn, shortest } from "../../src/haproxy/listening.ts";
import { checkPorts, foreignListeners, missingOf, NOTHING_OURS, type Ours } from "../../src/haproxy/ports.ts";

/** TEST-NET-1 (RFC 5737): nobody's. */
const NOWHERE = "192.0.2.1";

describe("a process that is not ours listens on one address of a port", () => {
  let theirs: Server;
  let port: number;
  const at = (hostIp: string | null) => ({ port, hostIp });
  const ours = (...hostIps: readonly (string | null)[]): Ours => ({ places: hostIps.map(at), containers: [] });

  beforeEach(async () => {
    theirs = createServer();
    await new Promise<void>((resolve) => theirs.listen({ host: "127.0.0.2", port: 0 }, resolve));
    const bound = theirs.address();
    port = typeof bound === "object" && bound !== null ? bound.port : 0;
  });
  afterEach(() => void theirs.close());

  test.each([null, "0.0.0.0", "127.0.0.2"])("whoever wants it on %s meets it", async (hostIp) => {
    expect(await foreignListeners([at(hostIp)], NOTHING_OURS)).toEqual([{ port, by: expect.stringContaining(`(pid ${process.pid})`) }]);
    await expect(checkPorts([at(hostIp)], NOTHING_OURS)).rejects.toMatchObject({ code: "INS4001" });
  });

  test.each(["127.0.0.1", "::1", "::"])("whoever wants it on %s does not", async (hostIp) => {
    expect(await foreignListeners([at(hostIp)], NOTHING_OURS)).toEqual([]);
  });

  test("a number alone is the port of every address", async () => {
    expect(await foreignListeners([port], NOTHING_OURS)).toMatchObject([{ port }]);
  });

  test("ours beside it stays as it is, and cannot spread to every address", async () => {
    await checkPorts([at("127.0.0.1")], ours("127.0.0.1"));
    await expect(checkPorts([at(null)], ours("127.0.0.1"))).rejects.toMatchObject({ code: "INS4001" });
    expect(await foreignListeners([at(null)], ours("127.0.0.1"))).toMatchObject([{ port }]);
  });

  test("what is in force is ours: nobody else can have the very same", async () => {
    expect(await foreignListeners([at("127.0.0.2"), port], ours("127.0.0.2"))).toEqual([]);
    await checkPorts([at(null)], ours("127.0.0.2"));
  });
});

test("a listener on an address that the machine does not have is refused before anything changes", async () => {
  const place = { port: 1, hostIp: NOWHERE };
  await expect(checkPorts([place], NOTHING_OURS)).rejects.toMatchObject({ code: "INS4001", message: expect.stringContaining(NOWHERE) });
  // Bound when the address was there: a reload hands the socket on.
  await checkPorts([place], { places: [place], containers: [] });
  expect(await missingOf([place, { port: 2, hostIp: null }, { port: 3, hostIp: "127.0.0.9" }])).toEqual(new Set([NOWHERE]));
});

test.each([
  ["0100007F", "127.0.0.1"],
  ["00000000", "0.0.0.0"],
  ["00000000000000000000000000000000", "::"],
  ["00000000000000000000000001000000", "::1"],
  ["000000FD000000000000000005000000", "fd00::5"],
  ["0000000000000000FFFF00000100000A", "10.0.0.1"],
])("%s in /proc/net is %s", (hex, address) => {
  expect(addressIn(hex)).toBe(address);
});

test("an address has one spelling", () => {
  expect(["fd00:0:0::5", "fd00::5", "10.0.0.1", "::"].map(shortest)).toEqual(["fd00::5", "fd00::5", "10.0.0.1", "::"]);
});
