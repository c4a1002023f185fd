import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { startLoad } from "./load.ts";
import { gapMs, type RequestRecord } from "./report.ts";
import { bodyOf, kindOf } from "./request.ts";

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

/** The rude application on a loopback port, without a container. */
async function rude(env: Record<string, string> = {}, port = 0): Promise<{ url: string; port: number; child: ChildProcess }> {
  const child = fork(fileURLToPath(new URL("../apps/rude.js", import.meta.url)), [], {
    env: { ...process.env, HOST: "127.0.0.1", PORT: String(port), VERSION: "v1", INSTANCE: "one", ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  started.push(child);
  const [message] = (await once(child, "message")) as [{ port: number }];
  return { url: `http://127.0.0.1:${message.port}`, port: message.port, child };
}

const elapsed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const heal = (url: string): Promise<Response> => fetch(`${url}/healthz`);

describe("the load generator", () => {
  it("counts nothing against a server that answers everything", { timeout: 20_000 }, async () => {
    const { url } = await rude();
    await heal(url);
    const load = await startLoad({ url, slowMs: 300, webSockets: 2 });
    load.mark("middle");
    await elapsed(1500);
    const result = await load.stop();
    expect(result.failed).toEqual([]);
    expect(result.failedWebSockets).toEqual([]);
    expect(result.cutWebSockets).toEqual([]);
    expect(result.total).toBeGreaterThan(200);
    expect(Object.keys(result.byKind)).toHaveLength(8);
    expect(Object.keys(result.versions)).toEqual(["v1"]);
    expect(result.maxMs).toBeGreaterThanOrEqual(300);
    expect(result.webSockets.every((socket) => socket.byUs && socket.echoed > 0)).toBe(true);
    expect(result.marks.map((mark) => mark.label)).toEqual(["middle"]);
  });

  it("sees a server that dies and comes back: refused and cut requests, cut websockets, the gap", { timeout: 30_000 }, async () => {
    const first = await rude();
    await heal(first.url);
    const load = await startLoad({ url: first.url, slowMs: 400, webSockets: 2 });
    await elapsed(1000);
    first.child.kill("SIGTERM");
    await once(first.child, "exit");
    await elapsed(500);
    const second = await rude({ VERSION: "v2", INSTANCE: "two" }, first.port);
    await heal(second.url);
    await elapsed(1000);
    const result = await load.stop();
    const why = new Set(result.failed.map((request) => request.error?.split(":")[0]));
    expect(why).toContain("ECONNREFUSED");
    expect(why).toContain("ECONNRESET");
    expect(result.failed.some((request) => request.slow && request.error?.startsWith("ECONNRESET"))).toBe(true);
    expect(result.failed.length).toBeGreaterThan(60);
    expect(result.cutWebSockets.filter((socket) => socket.instance === "one")).toHaveLength(2);
    expect(result.failedWebSockets.some((socket) => socket.error?.startsWith("refused"))).toBe(true);
    expect(gapMs(result.failed)).toBeGreaterThan(400);
    expect(result.versions.v1?.lastAt).toBeLessThan(result.versions.v2?.firstAt ?? 0);
  });

  it("sees an answer from an instance that was never proven, and one of another service", { timeout: 20_000 }, async () => {
    const { url } = await rude({ APP: "accounts", NEVER_READY: "1" });
    const unproven = await startLoad({ url, webSockets: 0, slowMs: 10, maxMs: 300 });
    await elapsed(500);
    const early = await unproven.stop();
    expect(early.failed.length).toBe(early.total);
    expect(early.failed[0]?.error).toContain("before it was ready");
    const stranger = await startLoad({ url, webSockets: 1, slowMs: 10, proven: false, app: "shop" });
    await elapsed(400);
    const strange = await stranger.stop();
    expect(strange.failed.length).toBe(strange.total);
    expect(strange.failed[0]?.error).toContain("another service");
    expect(strange.failedWebSockets.length).toBeGreaterThan(0);
  });

  it("fails what gets no answer in time", { timeout: 20_000 }, async () => {
    const { url } = await rude();
    await heal(url);
    const load = await startLoad({ url, webSockets: 0, slowMs: 3000, timeoutMs: 500 });
    await elapsed(800);
    const result = await load.stop();
    // On a machine without a free processor quick ones may be as late.
    expect(result.failed.filter((request) => request.slow).length).toBeGreaterThan(3);
    expect(result.failed.filter((request) => !request.error?.includes("no answer within 500 ms"))).toEqual([]);
  });

  it("refuses to send anywhere but loopback", async () => {
    await expect(startLoad({ url: "http://192.0.2.1:80" })).rejects.toThrow("ended with");
  });
});

describe("the mix", () => {
  it("is half new connections, a third POST, a twentieth slow, in every combination", () => {
    const kinds = Array.from({ length: 12_000 }, (_, n) => kindOf(n));
    const share = (of: (kind: ReturnType<typeof kindOf>) => boolean): number => kinds.filter(of).length / kinds.length;
    expect(share((kind) => kind.connection === "new")).toBe(0.5);
    expect(share((kind) => kind.method === "POST")).toBeCloseTo(1 / 3, 3);
    expect(share((kind) => kind.slow)).toBe(0.05);
    expect(new Set(kinds.map((kind) => JSON.stringify(kind))).size).toBe(8);
  });

  it("gives different bodies to different requests", () => {
    expect(bodyOf(1)).not.toBe(bodyOf(501));
    expect(bodyOf(7).length).toBeGreaterThan(96);
  });
});

describe("the gap", () => {
  const failed = (sentAt: number, endedAt: number, status: number | null = null): RequestRecord => ({
    ...{ n: 1, sentAt, endedAt, status, method: "GET", connection: "new", slow: false, version: null, instance: null, error: "x" },
  });
  it("runs from the first refusal to the last, and counts a cut answer from its cut", () => {
    expect(gapMs([])).toBe(0);
    expect(gapMs([failed(1000, 1001), failed(1400, 1402)])).toBe(400);
    expect(gapMs([failed(0, 1000), failed(1300, 1301)])).toBe(300);
  });
});
