import { describe, expect, test } from "vitest";
import type { LogLine } from "../../src/reconcile/ports.ts";
import type { Place } from "./engine.ts";
import { POLL } from "./engine-world.ts";

export const eventConformance = (place: Place): void => {
  describe("events", () => {
    test("begin with a resync, then tell the life of an instance in order, with its labels and exit code", async () => {
      const { engine, prefix, listen, blueprint, look } = place();
      const made = await blueprint({ service: "life", slot: 95, program: { does: "exits", status: 5 } });
      const { seen, end } = await listen();
      await engine.create(made);
      await engine.start(made.name);
      await expect.poll(async () => (await look(made.name)).state, POLL).toBe("exited");
      await engine.remove(made.name);
      const mine = () => seen.filter((event) => event.kind === "container" && event.name === made.name);
      await expect.poll(() => mine().at(-1)?.action, POLL).toBe("destroy");
      await end();
      expect(seen[0]).toMatchObject({ kind: "resync", action: "resync" });
      expect(mine().map((event) => event.action)).toEqual(["create", "start", "die", "destroy"]);
      expect(mine().map((event) => event.exitCode)).toEqual([null, null, 5, null]);
      for (const event of mine())
        expect(event.labels).toMatchObject({ "dev.instar.stack": prefix, "dev.instar.service": "life", "dev.instar.slot": "95" });
    });

    test("of a stop name the stop; those of foreign containers are left out; networks and volumes are told", async () => {
      const { engine, prefix, listen, started, foreignContainer } = place();
      const { seen, end } = await listen();
      const { name } = await started({ service: "halt", slot: 96 });
      await foreignContainer(`${prefix}-foreign-3`);
      await engine.ensureVolume(prefix, {
        name: `${prefix}_told`,
        external: false,
        driver: "local",
        driverOpts: {},
        labels: {},
        shared: null,
      });
      await engine.stop(name, { signal: null, graceMs: 1000 });
      const actions = (): string[] => seen.filter((event) => event.name === name).map((event) => event.action);
      await expect.poll(() => ["die", "stop"].every((action) => actions().includes(action)), POLL).toBe(true);
      await end();
      // Docker 20.10 tells of the death before the stop, 26.1 after it.
      expect(actions().slice(0, 3)).toEqual(["create", "start", "kill"]);
      expect(actions().slice(3).sort()).toEqual(["die", "stop"]);
      expect(seen.map((event) => event.name)).not.toContain(`${prefix}-foreign-3`);
      expect(seen).toContainEqual(expect.objectContaining({ kind: "volume", action: "create", name: `${prefix}_told` }));
      expect(seen).toContainEqual(expect.objectContaining({ kind: "network", action: "connect" }));
    });

    test("end promptly and without an error when told to, also for a reader that never reads", async () => {
      const { engine, listen } = place();
      await (await listen()).end();
      const over = new AbortController();
      over.abort();
      for await (const event of engine.events(over.signal)) expect(event).toBeUndefined();
      const early = engine.events(new AbortController().signal)[Symbol.asyncIterator]();
      expect((await early.next()).value).toMatchObject({ kind: "resync" });
      await early.return?.();
    });

    test("what was remembered is never older than the last event", async () => {
      const { engine, prefix, listen, started, crash } = place();
      const { seen, end } = await listen();
      const { name } = await started({ service: "fresh", slot: 97 });
      const state = async () => (await engine.instances({ stack: prefix, service: "fresh" })).map((one) => one.state);
      expect(await state()).toEqual(["running"]);
      expect(await state()).toEqual(["running"]);
      await crash(name);
      await expect.poll(() => seen.some((event) => event.action === "die" && event.name === name), POLL).toBe(true);
      expect(await state()).toEqual(["exited"]);
      await engine.start(name);
      expect(await state()).toEqual(["running"]);
      await engine.stop(name, { signal: null, graceMs: 1000 });
      expect(await state()).toEqual(["exited"]);
      await engine.remove(name);
      expect(await state()).toEqual([]);
      await end();
    });
  });

  describe("logs", () => {
    const lines = ["one", "!two", "three", "four"];

    test("tail gives the last lines, of both streams; of a missing instance none", async () => {
      const { engine, prefix, started } = place();
      const { name } = await started({ service: "talk", slot: 98, program: { does: "speaks", lines } });
      await expect.poll(() => engine.tail(name, 100), POLL).toHaveLength(4);
      expect(await engine.tail(name, 100)).toEqual(expect.arrayContaining(["one", "two", "three", "four"]));
      expect(await engine.tail(name, 2)).toHaveLength(2);
      expect(await engine.tail(`${prefix}-nobody`, 5)).toEqual([]);
    });

    test("say stream and time, follow, and end when told to", async () => {
      const { engine, started, look } = place();
      const { name } = await started({ service: "follow", slot: 99, program: { does: "speaks", lines } });
      const ending = new AbortController();
      const seen: LogLine[] = [];
      const reading = (async () => {
        for await (const line of engine.logs(name, { follow: true, tail: null, signal: ending.signal })) seen.push(line);
      })();
      await expect.poll(() => seen.length, POLL).toBe(4);
      ending.abort();
      await reading;
      expect(seen.find((line) => line.text === "two")?.stream).toBe("stderr");
      expect(seen.filter((line) => line.stream === "stdout").map((line) => line.text)).toEqual(["one", "three", "four"]);
      const { createdAt } = await look(name);
      for (const line of seen) {
        expect(line.instance).toBe(name);
        expect(line.at).toBeGreaterThanOrEqual(createdAt);
      }
    });

    test("begin with the line whose stamp is given", async () => {
      const { engine, started } = place();
      const { name } = await started({ service: "since", slot: 101, program: { does: "speaks", lines } });
      const read = async (since?: string) => {
        const seen: { text: string; stamp: string }[] = [];
        const how = { follow: false, tail: null, since, signal: new AbortController().signal };
        for await (const { text, stamp } of engine.logs(name, how)) seen.push({ text, stamp });
        return seen;
      };
      await expect.poll(async () => (await read()).length, POLL).toBe(4);
      const all = await read();
      expect(new Set(all.map(({ stamp }) => stamp)).size).toBe(4);
      for (const [nth, { stamp }] of all.entries()) expect(await read(stamp)).toEqual(all.slice(nth));
    });

    test("of one that has ended are still there, and following ends by itself", async () => {
      const { engine, started } = place();
      const { name } = await started({ service: "last", slot: 100, program: { does: "exits", status: 3 } });
      const seen: string[] = [];
      for await (const line of engine.logs(name, { follow: true, tail: null, signal: new AbortController().signal })) seen.push(line.text);
      expect(seen).toEqual(["ending with 3"]);
      expect(await engine.tail(name, 100)).toEqual(["ending with 3"]);
    });
  });
};
