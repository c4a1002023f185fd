import { afterEach, beforeEach, expect, it } from "vitest";
import { mergeLogs } from "../../src/reconcile/logs.ts";
import type { Engine, EngineInstance, StampedLine } from "../../src/reconcile/ports.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { House } from "./house.ts";

const web = { stack: "shop", service: "web" };
const one = { replicas: 1 };
let house: House;
let ending: AbortController;
beforeEach(async () => {
  house = await House.build();
  ending = new AbortController();
});
afterEach(async () => {
  ending.abort();
  await house.wipe();
});

const container = (name: string) => house.engine.control.container(name);
const past = async (tail: number | null, engine: Engine = house.engine, store: Store = NOTHING_KEPT): Promise<string[]> => {
  const texts: string[] = [];
  for await (const line of mergeLogs({ engine, store, subscribe }, web, { follow: false, tail, signal: ending.signal }))
    texts.push(line.text);
  return texts;
};
const subscribe = () => () => undefined;
/** Of a service that has run nothing once. */
const NOTHING_KEPT = {
  completions: async () => [],
  deployments: async () => [],
  service: async () => ({ removed: false, stopped: false, replicas: 1, halted: null }),
} as unknown as Store;

/** Follows in the background, as `logs -f` does. */
function following(): { readonly seen: string[]; readonly end: Promise<void> } {
  const seen: string[] = [];
  const end = (async () => {
    for await (const line of house.daemon.control.logs(web, { follow: true, tail: null, signal: ending.signal })) seen.push(line.text);
  })();
  return { seen, end };
}

it("a tail is of each instance, in order of time", async () => {
  await house.upToTheEnd({ web: { replicas: 2 } });
  const [a, b] = [container("shop-web-r1-1-a1"), container("shop-web-r1-2-a1")];
  for (const text of ["a1", "a2", "a3"]) a.write(text);
  await new Promise((resolve) => setTimeout(resolve, 2));
  for (const text of ["b1", "b2"]) b.write(text);
  expect(await past(2)).toEqual(["a2", "a3", "b1", "b2"]);
  expect(await past(0)).toEqual([]);
});

it.each([false, true])("no more is read than the reader takes (follow: %s)", async (follow) => {
  await house.upToTheEnd({ web: one });
  let given = 0;
  async function* endless(name: string): AsyncGenerator<StampedLine> {
    for (;;) yield { at: given, stamp: String(++given), stream: "stdout", instance: name, text: `line ${given}` };
  }
  const logs: Engine["logs"] = (name, how) => (how.follow === follow ? endless(name) : house.engine.logs(name, how));
  const engine = new Proxy(house.engine, { get: (of, key) => (key === "logs" ? logs : Reflect.get(of, key)) });
  const lines = mergeLogs({ engine, store: NOTHING_KEPT, subscribe }, web, { follow, tail: follow ? 0 : null, signal: ending.signal });
  for (let n = 1; n <= 3; n++) expect((await lines.next()).value).toMatchObject({ text: `line ${n}` });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(given).toBeLessThan(6);
  ending.abort();
});

it.each([null, 1, 0])("what is written between the past and the stream is not lost, and nothing is told twice (tail: %s)", async (tail) => {
  await house.upToTheEnd({ web: one });
  const name = "shop-web-r1-1-a1";
  for (const text of ["before 1", "before 2"]) container(name).write(text);
  const logs: Engine["logs"] = (of, how) => {
    if (how.follow) container(name).write("between");
    return house.engine.logs(of, how);
  };
  const engine = new Proxy(house.engine, { get: (of, key) => (key === "logs" ? logs : Reflect.get(of, key)) });
  const lines = mergeLogs({ engine, store: NOTHING_KEPT, subscribe }, web, { follow: true, tail, signal: ending.signal });
  const texts: string[] = [];
  for await (const { text } of lines) {
    texts.push(text);
    if (text === "between") container(name).write("after");
    if (text === "after") break;
  }
  const old = container(name)
    .log.map(({ text }) => text)
    .filter((text) => text !== "between" && text !== "after");
  expect(texts).toEqual([...old.slice(tail === null ? 0 : old.length - tail), "between", "after"]);
});

it("goes on with the instances that follow, and ends when nothing is to come", async () => {
  await house.upToTheEnd({ web: one });
  const { seen, end } = following();
  container("shop-web-r1-1-a1").write("of the first");
  await house.until(async () => seen.includes("of the first"));
  await house.upToTheEnd({ web: { ...one, image: "shop/web:v2" } });
  container("shop-web-r2-1-a1").write("of the second");
  await house.until(async () => seen.includes("of the second"));
  expect(seen.filter((text) => text.startsWith("of the"))).toEqual(["of the first", "of the second"]);
  await house.daemon.control.stop(web, "me");
  await end;
});

it("ends when the only instance of a first deployment crashes: the service is given up, and its instance stays", async () => {
  house.engine.control.behave("shop/web:v1", { readyAfterMs: null });
  const { deployments } = await house.up({ web: { ...one, readyTimeoutMs: 60_000 } });
  const name = "shop-web-r1-1-a1";
  await house.until(async () => house.engine.control.hasContainer(name) && container(name).state === "running");
  const { seen, end } = following();
  container(name).write("out of ideas");
  await house.until(async () => seen.includes("out of ideas"));
  house.engine.control.crash(name, 3);
  expect((await house.ended(deployments[0]?.id ?? "")).outcome).toBe("failed");
  await end;
  expect(house.engine.control.hasContainer(name)).toBe(true);
});

it("of what runs once ends when it is done and removed", async () => {
  house.engine.control.behave("shop/web:v2", { endsAfterMs: 50, exitCode: 0, readyAfterMs: null, lines: ["migrated 3 tables"] });
  const once = { image: "shop/web:v2", replicas: 1, ports: [], ready: null, restart: { policy: "no" as const, maxAttempts: 0 } };
  await house.up({ web: once });
  const { seen, end } = following();
  await end;
  expect(seen).toEqual(["migrated 3 tables"]);
  expect(await house.engine.instances()).toEqual([]);
});

it("goes on while there is no instance: another one comes", async () => {
  const instance = (name: string) => ({ id: name, name, startedAt: 1, state: "running" }) as EngineInstance;
  const looks = [[instance("first")], [instance("first")], []];
  const { promise: empty, resolve } = Promise.withResolvers<void>();
  const engine = {
    instances: async () => {
      const found = looks.shift() ?? [instance("second")];
      if (found.length === 0) resolve();
      return found;
    },
    logs: async function* (name: string, { follow }: { follow: boolean }) {
      if (follow) yield { at: 1, stamp: "1", stream: "stdout", instance: name, text: `of the ${name}` };
    },
    events: async function* () {
      await empty;
      yield { kind: "container", action: "start", labels: { "dev.instar.stack": "shop", "dev.instar.service": "web" } };
    },
  } as unknown as Engine;
  const lines = mergeLogs({ engine, store: NOTHING_KEPT, subscribe }, web, { follow: true, tail: 0, signal: ending.signal });
  for (const text of ["of the first", "of the second"]) expect((await lines.next()).value).toMatchObject({ text });
});

it("has no lines of a job that has not ended", async () => {
  const jobs = [
    { container: "shop-web-d1-before", result: { log: ["migrated"], endedAt: 5 } },
    { container: "shop-web-d1-after", result: null },
  ];
  const store = { completions: async () => [], deployments: async () => [{ id: "D1" }], jobsOf: async () => jobs } as unknown as Store;
  expect(await past(null, house.engine, store)).toEqual(["migrated"]);
});

it("raises what the engine raises in the middle of a stream, after the lines that came", async () => {
  await house.upToTheEnd({ web: one });
  const broken = new Error("the stream broke");
  async function* breaking(name: string): AsyncGenerator<StampedLine> {
    yield { at: 1, stamp: "1", stream: "stdout", instance: name, text: "the last line" };
    throw broken;
  }
  const logs: Engine["logs"] = (name, how) => (how.follow ? breaking(name) : house.engine.logs(name, how));
  const engine = new Proxy(house.engine, { get: (of, key) => (key === "logs" ? logs : Reflect.get(of, key)) });
  const lines = mergeLogs({ engine, store: NOTHING_KEPT, subscribe }, web, { follow: true, tail: 0, signal: ending.signal });
  expect((await lines.next()).value).toMatchObject({ text: "the last line" });
  await expect(lines.next()).rejects.toBe(broken);
});
