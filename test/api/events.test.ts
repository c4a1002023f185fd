import { request } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { upRequest } from "../conformance/up-request.ts";
import { ask, until } from "./http.ts";
import { type Running, running } from "./running.ts";
import { stackSpec } from "./stand-in.ts";

let r: Running;
beforeEach(async () => {
  r = await running();
});
afterEach(() => r.stop());

const up = (services: Parameters<typeof stackSpec>[0], name = "shop") => r.control.up(upRequest(stackSpec(services, name)));

/** Opens the live stream; `ids` are the sequence numbers that came, in order. */
function open(query: string, headers: Record<string, string> = {}) {
  const got = {
    text: "",
    get ids() {
      return [...this.text.matchAll(/^id: (\d+)$/gm)].map((m) => Number(m[1]));
    },
  };
  const sent = request(
    { socketPath: r.socket, path: `/v1/events${query}`, headers: { accept: "text/event-stream", ...headers }, agent: false },
    (answer) => {
      answer.setEncoding("utf8").on("data", (piece: string) => {
        got.text += piece;
      });
      answer.on("error", () => {});
    },
  );
  sent.on("error", () => {});
  sent.end();
  return { got, leave: () => sent.destroy() };
}

test("a stream begins at once, carries each event once, and lets go when its reader leaves", async () => {
  const stream = open("");
  await until(() => expect(stream.got.text).toContain(": listening"));
  await up({ web: {} });
  await until(() => expect(stream.got.ids).toEqual([1, 2, 3, 4, 5]));
  expect(stream.got.text).toContain('"kind":"deployment succeeded"');
  expect(r.control.listeners).toBe(1);
  stream.leave();
  await until(() => expect(r.control.listeners).toBe(0));
});

test("Last-Event-ID resumes without a gap or a repeat while events go on", async () => {
  await up({ web: { replicas: 3 } });
  await until(() => expect(r.control.log).toHaveLength(7));
  await up({ web: { replicas: 3 }, api: { replicas: 50 } });
  const stream = open("", { "last-event-id": "4" });
  await until(() => expect(r.control.log).toHaveLength(108));
  await until(() => expect(stream.got.ids.at(-1)).toBe(108));
  expect(stream.got.ids).toEqual(Array.from({ length: 104 }, (_, n) => n + 5));
  stream.leave();
});

test("a long past comes whole, a page at a time", async () => {
  // More than a reader may be behind.
  for (let n = 1; n <= 2500; n++) r.control.happen(`${n} ${"x".repeat(3000)}`);
  await up({ web: { replicas: 1 } });
  await until(() => expect(r.control.log).toHaveLength(2503));
  const all = open("?after=0");
  await until(() => expect(all.got.ids.at(-1)).toBe(2503));
  expect(all.got.ids).toHaveLength(2503);
  all.leave();
});

test("an event between subscribing and reading comes once, one after the reading is not lost", async () => {
  r.control.happen("old");
  r.control.beforeRead = () => r.control.log.length === 1 && r.control.happen("both subscribed to and read");
  r.control.afterRead = () => r.control.log.length === 2 && r.control.happen("only subscribed to");
  const stream = open("?after=0");
  await until(() => expect(stream.got.ids).toContain(3));
  r.control.happen("live");
  await until(() => expect(stream.got.ids).toContain(4));
  expect(stream.got.ids).toEqual([1, 2, 3, 4]);
  stream.leave();
});

test("a reader from before the log began anew hears what happens from now on", async () => {
  r.control.happen("one");
  const stream = open("", { "last-event-id": "900" });
  await until(() => expect(stream.got.text).toContain(": listening"));
  r.control.happen("two");
  await until(() => expect(stream.got.ids).toEqual([2]));
  stream.leave();
});

test("a stream of one service hears nothing of another; ticks have no id", async () => {
  const stream = open("?stack=shop&service=web");
  await until(() => expect(stream.got.text).toContain(": listening"));
  await up({ web: {} }, "office");
  await until(() => expect(r.control.log).toHaveLength(5));
  await up({ web: { replicas: 1 } });
  r.control.tick();
  await until(() => expect(stream.got.ids).toEqual([6, 7, 8]));
  expect(stream.got.text).toMatch(/event: changed\ndata: /);
  stream.leave();
});

test("without the header it is a list, the newest last", async () => {
  await up({ web: {} });
  await until(() => expect(r.control.log).toHaveLength(5));
  const { json } = await ask(r, "/v1/events?limit=2", { socket: true });
  expect(json.events.map((e: { seq: number }) => e.seq)).toEqual([4, 5]);
});

test("closing the API ends open streams", async () => {
  const stream = open("");
  await until(() => expect(stream.got.text).toContain(": listening"));
  await r.close();
  await until(() => expect(r.control.listeners).toBe(0));
});

test("asking for the head of the stream subscribes nobody", async () => {
  const asked = [1, 2, 3].map(() => ask(r, "/v1/events", { method: "HEAD", socket: true, headers: { accept: "text/event-stream" } }));
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(r.control.listeners).toBe(0);
  expect(statuses).toEqual([404, 404, 404]);
});

test("whether the daemon lives may be asked for with HEAD", async () => {
  expect((await ask(r, "/healthz", { method: "HEAD", socket: true })).status).toBe(200);
});
