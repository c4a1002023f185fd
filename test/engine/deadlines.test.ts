import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectDocker } from "../../src/engine/docker/client.ts";
import { deadlineOf } from "../../src/engine/docker/deadlines.ts";
import { inTime, WITHHELD } from "../../src/engine/docker/in-time.ts";
import { json, type SocketEngine, socketEngine } from "./socket-engine.ts";

describe("an engine that never answers", () => {
  let engine: SocketEngine;
  beforeEach(async () => {
    engine = await socketEngine();
    engine.on("/containers/a/start", () => undefined);
    engine.on("/info", (_request, response) => json(response, 200, { ID: "id" }));
  });
  afterEach(async () => engine.close());

  test("ends the call, with what was asked: INS3036; other calls go on", async () => {
    const client = connectDocker({ socketPath: engine.socketPath }, (_, path) => (path.endsWith("/start") ? 50 : 60_000));
    await expect(client.ask("POST", "/containers/a/start")).rejects.toMatchObject({
      code: "INS3036",
      message: expect.stringContaining("POST /containers/a/start: the engine gave no answer within 0.05 s"),
      row: { retryable: true },
    });
    expect(await client.ask("GET", "/info")).toEqual({ ID: "id" });
  });

  test("who gave up is told that it gave up", async () => {
    const client = connectDocker({ socketPath: engine.socketPath });
    const asked = client.ask("POST", "/containers/a/start", { signal: AbortSignal.timeout(20) });
    await expect(asked).rejects.not.toMatchObject({ code: "INS3036" });
  });
});

test.each([
  ["GET", "/containers/json", {}, 60_000],
  ["GET", "/containers/abc/json", {}, 30_000],
  ["POST", "/containers/abc/start", {}, 120_000],
  // The grace of a stop fits.
  ["POST", "/containers/abc/stop", { t: 600 }, 720_000],
  ["POST", "/containers/abc/wait", { condition: "next-exit" }, null],
  ["DELETE", "/volumes/shop_data", {}, 600_000],
])("%s %s may take %o", (method, path, query, limit) => {
  expect(deadlineOf(method, path, query)).toBe(limit);
});

describe("what is withheld", () => {
  test("is waited for once, and asked for again when it has come", async () => {
    const asked: string[] = [];
    let tell: (words: string) => void = () => undefined;
    const read = (key: string): Promise<string> => {
      asked.push(key);
      return new Promise((resolve) => {
        tell = resolve;
      });
    };
    const timely = inTime<string, [], string>(20);
    expect(await timely("a", read)).toBe(WITHHELD);
    expect(await timely("a", read)).toBe(WITHHELD);
    expect(asked).toEqual(["a"]);
    tell("late");
    await new Promise((resolve) => setImmediate(resolve));
    const again = timely("a", read);
    tell("in time");
    expect([await again, asked]).toEqual(["in time", ["a", "a"]]);
  });

  test("a failure in time is a failure, and one that is late is nobody's", async () => {
    const timely = inTime<string, [], string>(20);
    await expect(timely("a", () => Promise.reject(new Error("gone")))).rejects.toThrow("gone");
    const late = (): Promise<string> => new Promise((_, reject) => setTimeout(() => reject(new Error("late")), 40));
    expect(await timely("a", late)).toBe(WITHHELD);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await timely("a", async () => "there")).toBe("there");
  });
});
