import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DockerClient } from "../../src/engine/docker/client.ts";
import { createDockerEngine } from "../../src/engine/docker/engine.ts";
import { dockerEvents, eventOf } from "../../src/engine/docker/events.ts";
import type { Inspects } from "../../src/engine/docker/inspects.ts";
import type { EngineEvent } from "../../src/reconcile/ports.ts";
import { POLL } from "../conformance/engine-world.ts";
import { type SocketEngine, socketEngine } from "./socket-engine.ts";

const AT = 1_795_377_501_758 * 1_000_000;
const message = (n: number, more: object = {}) => ({
  Type: "container",
  Action: "start",
  Actor: { ID: `id${n}`, Attributes: { name: `web-${n}`, "dev.instar.installation": "inst" } },
  time: Math.floor(AT / 1e9),
  timeNano: AT + n * 1_000_000,
  ...more,
});

let engine: SocketEngine;
/** The event streams that stand, newest last, and what each was asked. */
let streams: { readonly response: ServerResponse; readonly since: string; readonly filters: unknown }[];
let ending: AbortController;
let seen: EngineEvent[];
let listening: Promise<void>;

const write = (stream: number, ...messages: object[]): void => {
  for (const one of messages) streams.at(stream)?.response.write(`${JSON.stringify(one)}\n`);
};
const names = (): string[] => seen.map((event) => event.name || event.action);

beforeEach(async () => {
  engine = await socketEngine();
  streams = [];
  seen = [];
  ending = new AbortController();
  engine.on("/events", (_request, response, url) => {
    const { since, filters } = Object.fromEntries(url.searchParams);
    streams.push({ response, since: since ?? "", filters: JSON.parse(filters ?? "null") });
    response.writeHead(200).flushHeaders();
  });
  const docker = createDockerEngine({ socketPath: engine.socketPath, installation: "inst" });
  listening = (async () => {
    for await (const event of docker.events(ending.signal)) seen.push(event);
  })();
  await expect.poll(names, POLL).toEqual(["resync"]);
});
afterEach(async () => {
  ending.abort();
  await listening;
  await engine.close();
});

test("asks for what came since the call, and for all kinds that matter", () => {
  expect(Math.abs(Number(streams[0]?.since) * 1000 - Date.now())).toBeLessThan(60_000);
  expect(streams[0]?.filters).toEqual({ type: ["container", "network", "volume", "image"] });
});

test("who reads too slowly is told since when nothing was heard, and to look", async () => {
  const stop = new AbortController();
  const lines = Array.from({ length: 10_002 }, (_, n) => `${JSON.stringify(message(n + 1))}\n`).join("");
  let all: () => void = () => undefined;
  const written = new Promise<void>((resolve) => {
    all = resolve;
  });
  async function* body(): AsyncGenerator<string> {
    yield lines;
    all();
    await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
  }
  const client = { negotiate: async () => undefined, stream: async () => body() } as unknown as DockerClient;
  const inspects = { watch: () => () => undefined, touch: () => undefined } as unknown as Inspects;
  const events = dockerEvents(client, "inst", inspects, stop.signal);
  expect((await events.next()).value).toMatchObject({ kind: "resync" });
  await written;
  const next = [await events.next(), await events.next(), await events.next(), await events.next()].map(({ value }) => value);
  expect(next).toMatchObject([
    { kind: "cut", action: "slow", at: Math.floor(AT / 1e6) + 1 },
    { kind: "resync" },
    { name: "web-10001" },
    { name: "web-10002" },
  ]);
  stop.abort();
  await events.return(undefined);
});

test("a stream that ends is taken up where it stopped, with a resync, and nothing twice", async () => {
  write(0, message(1), message(2));
  await expect.poll(names, POLL).toEqual(["resync", "web-1", "web-2"]);
  streams[0]?.response.end();
  await expect.poll(() => streams.length, POLL).toBe(2);
  const since = Number(streams[1]?.since);
  expect(since).toBeLessThanOrEqual((AT + 2_000_000) / 1e9);
  expect(since).toBeGreaterThan((AT + 1_000_000) / 1e9);
  write(1, message(2), message(2, { Action: "die" }), message(3));
  await expect.poll(names, POLL).toEqual(["resync", "web-1", "web-2", "cut", "resync", "web-2", "web-3"]);
  expect(seen[5]?.action).toBe("die");
});

test("a daemon that dies and comes back is found again", async () => {
  await engine.die();
  await engine.listen();
  await expect.poll(names, POLL).toEqual(["resync", "cut", "resync"]);
  write(-1, message(1));
  await expect.poll(names, POLL).toEqual(["resync", "cut", "resync", "web-1"]);
});

test("a line that is cut off is no reason to end", async () => {
  streams[0]?.response.end('{"Type":"contai');
  await expect.poll(names, POLL).toEqual(["resync", "cut", "resync"]);
});

test("the end comes at once, also while nothing answers", async () => {
  await engine.die();
  ending.abort();
  await listening;
  await engine.listen();
});

test.each([
  ["start", "start", undefined],
  ["health_status: healthy", "health_status", "healthy"],
  ["exec_create: sh -c echo a: b", "exec_create", "sh -c echo a: b"],
])("%s is the action %s", (Action, action, detail) => {
  const event = eventOf(message(1, { Action }), "inst");
  expect([event?.action, event?.detail]).toEqual([action, detail]);
});

test("name, time and exit code come out of the attributes, the rest is labels", () => {
  const Attributes = { name: "web-1", exitCode: "137", image: "x", "dev.instar.installation": "inst" };
  expect(eventOf(message(1, { Action: "die", Actor: { ID: "id1", Attributes } }), "inst")).toEqual({
    at: Math.floor((AT + 1_000_000) / 1e6),
    action: "die",
    kind: "container",
    id: "id1",
    name: "web-1",
    labels: { image: "x", "dev.instar.installation": "inst" },
    exitCode: 137,
  });
});

test("foreign containers and kinds that do not matter are left out; a volume has its id for a name", () => {
  expect(eventOf(message(1), "other")).toBeNull();
  expect(eventOf(message(1, { Type: "daemon" }), "inst")).toBeNull();
  const volume = message(1, { Type: "volume", Action: "create", Actor: { ID: "shop_data", Attributes: null } });
  expect(eventOf(volume, "inst")).toMatchObject({ kind: "volume", name: "shop_data", exitCode: null });
});
