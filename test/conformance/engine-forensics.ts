import { describe, expect, test } from "vitest";
import type { Blueprint, EngineEvent } from "../../src/reconcile/ports.ts";
import type { Place } from "./engine.ts";
import { POLL } from "./engine-world.ts";

export const forensicConformance = (place: Place): void => {
  describe("what the watch asks", () => {
    const check = { disable: false, intervalMs: 60_000, timeoutMs: 1000, retries: 3, startPeriodMs: 0, startIntervalMs: null };

    test("an instance is known by its id with its life and its healthcheck as events tell it; a stranger is not", async () => {
      const { engine, blueprint, look } = place();
      const made = await blueprint({ service: "seen", slot: 81, spec: { healthcheck: { ...check, test: ["CMD", "true", "now"] } } });
      const id = await engine.create(made);
      expect(await engine.watched(id)).toMatchObject({ id, name: made.name, service: "seen", slot: 81, life: "created", startedAt: null });
      await engine.start(made.name);
      expect(await engine.watched(id)).toMatchObject({ life: "running", healthcheck: "true now", volumes: [] });
      expect((await engine.watched(id))?.startedAt).toBe((await look(made.name)).startedAt);
      await engine.stop(made.name, { signal: null, graceMs: 2000 });
      expect((await engine.watched(id))?.life).toBe("ended");
      expect(await engine.ownContainers()).toContain(id);
      expect(await engine.watched("nobody")).toBeNull();
    });

    test("a healthcheck is told of what is to be made as it is of what was; none of one that is disabled", async () => {
      const { engine, blueprint } = place();
      for (const [slot, test] of [["CMD", "true", "now"], ["CMD-SHELL", "true; true"], ["NONE"]].entries()) {
        const healthcheck = { ...check, test, disable: test[0] === "NONE" };
        const made = await blueprint({ service: "check", slot: 83 + slot, spec: { healthcheck } });
        const { healthcheck: told } = (await engine.watched(await engine.create(made))) ?? {};
        expect([made.slot, await engine.healthcheckOf(made.spec.healthcheck, made.image)]).toEqual([made.slot, told]);
      }
    });

    test("of one whose image is gone the healthcheck is told that its file gave it", async () => {
      const { engine, blueprint } = place();
      const { image } = await blueprint({ service: "check", slot: 87 });
      const digest = `sha256:${"0".repeat(64)}`;
      const gone = { ...image, reference: "instar-test/gone:1", digests: [digest], runnable: digest, shown: digest };
      expect(await engine.healthcheckOf({ ...check, test: ["CMD", "true", "now"] }, gone)).toBe("true now");
      expect(await engine.healthcheckOf(null, gone)).toBeNull();
    });

    test("one that runs as it was made has nothing to find; against another blueprint it is otherwise, and not by anybody's update", async () => {
      const { engine, started, blueprint } = place();
      const made = await started({ service: "clean", slot: 82 });
      const id = (await engine.instance(made.name))?.id ?? "";
      const seen = (against: Blueprint | null) =>
        engine.examine({
          ...{ id, scratch: [], anew: true },
          made: async (instance) => {
            expect(instance).toEqual(await engine.instance(made.name));
            return against === null ? null : { blueprint: against, differences: [] };
          },
        });
      const found = await seen(made);
      expect(found).toMatchObject({ instance: { id, state: "running" }, differences: [], changed: [], more: false, traces: [] });
      expect(found?.files["/etc/hosts"]).toMatch(/./);
      expect((await seen(null))?.differences).toEqual([]);
      const other = await blueprint({ service: "clean", slot: 82, spec: { ...made.spec, environment: { EVIL: "1" } } });
      const differences = (await seen({ ...other, networks: made.networks }))?.differences ?? [];
      expect(differences.map(({ changeable }) => changeable)).toEqual([false]);
      await engine.stop(made.name, { signal: null, graceMs: 2000 });
      expect((await seen(made))?.instance.state).toBe("exited");
      expect((await engine.imageChanges(id)).changed).toEqual([]);
      await engine.remove(made.name);
      expect(await seen(made)).toBeNull();
    });

    test("the memory of events reaches back to what just happened, and a stream can begin there", async () => {
      const { engine, started } = place();
      const before = Date.now() - 1000;
      const { name } = await started({ service: "told", slot: 83 });
      const { full, oldest } = await engine.memory();
      expect(oldest).toBeLessThanOrEqual(Date.now() + 1000);
      expect(typeof full).toBe("boolean");
      const ending = new AbortController();
      const seen: EngineEvent[] = [];
      const reading = (async () => {
        for await (const event of engine.events(ending.signal, before)) seen.push(event);
      })();
      await expect.poll(() => seen.some((event) => event.action === "start" && event.name === name), POLL).toBe(true);
      ending.abort();
      await reading;
      expect(seen.find((event) => event.action === "start" && event.name === name)?.id).toBe((await engine.instance(name))?.id);
    });
  });
};
