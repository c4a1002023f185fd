import { afterEach, beforeEach, expect, it } from "vitest";
import { mergeLogs } from "../../src/reconcile/logs.ts";
import type { Engine, StampedLine } from "../../src/reconcile/ports.ts";
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
  for await (const line of mergeLogs(engine, store, web, { follow: false, tail, signal: ending.signal })) texts.push(line.text);
  return texts;
};
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
  const lines = mergeLogs(engine, NOTHING_KEPT, web, { follow, tail: follow ? 0 : null, signal: ending.signal });
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
  const lines = mergeLogs(engine, NOTHING_KEPT, web, { follow: true, tail, signal: ending.signal });
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
