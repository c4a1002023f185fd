import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Server } from "../../src/route/types.ts";
import { backend, type RouterWorld, SHELL, table, WEB } from "./router-world.ts";

/** What every Router does, whatever is behind it. One world serves the whole suite. */
export const routerConformance = (kind: string, make: () => Promise<RouterWorld>): void => {
  describe(`the Router port: ${kind}`, () => {
    let made: RouterWorld | null = null;
    let servers: readonly Server[] = [];
    const place = (): RouterWorld => {
      if (made === null) throw new Error("the world is not there yet");
      return made;
    };
    const [one, two, three] = [0, 1, 2].map((index) => (): Server => servers[index] as Server) as [
      () => Server,
      () => Server,
      () => Server,
    ];
    const apply = (now: readonly Server[]): Promise<void> => place().router.apply(table(place(), now));
    const asked = async (times = 12): Promise<readonly (string | null)[]> => {
      const seen = new Set<string | null>();
      for (let time = 0; time < times; time++) seen.add(await place().ask(place().port(0)));
      return [...seen].sort();
    };
    const states = async (): Promise<readonly string[]> =>
      (await place().router.observe())
        .filter(({ backend: of }) => of === WEB)
        .map(({ name, state }) => `${name} ${state}`)
        .sort();

    beforeAll(async () => {
      made = await make();
      servers = await Promise.all([0, 1, 2].map((n) => place().application(n)));
    });
    afterAll(async () => {
      await made?.close();
    });

    test("nothing answers before it is started", async () => {
      await expect(place().router.apply(table(place(), []))).rejects.toMatchObject({ code: "INS4002" });
    });

    describe("started", () => {
      beforeAll(async () => {
        await place().router.ensure();
        await place().router.ensure();
      });
      beforeEach(() => apply([one(), two()]));

      test("what is observed is what was applied", async () => {
        const seen = await place().router.observe();
        const expected = [WEB, SHELL].flatMap((name) => [one(), two()].map((server) => ({ ...server, backend: name, sessions: 0 })));
        expect([...seen].sort((a, b) => `${a.backend}${a.name}`.localeCompare(`${b.backend}${b.name}`))).toEqual(
          expected.sort((a, b) => `${a.backend}${a.name}`.localeCompare(`${b.backend}${b.name}`)),
        );
      });

      test("a server that comes is asked at once, one that drains no more, one that goes is not there", async () => {
        await apply([one(), two(), three()]);
        expect(await asked()).toEqual([one().name, two().name, three().name]);
        await apply([{ ...one(), state: "drain" }, two(), three()]);
        expect(await asked()).toEqual([two().name, three().name]);
        expect(await states()).toEqual([`${one().name} drain`, `${two().name} ready`, `${three().name} ready`]);
        await apply([two(), three()]);
        expect(await states()).toEqual([`${two().name} ready`, `${three().name} ready`]);
      });

      test("a drained server comes back with its weight", async () => {
        await apply([{ ...one(), state: "drain" }, two()]);
        await apply([one(), two()]);
        expect(await asked()).toEqual([one().name, two().name]);
        expect((await place().router.observe()).map(({ weight }) => weight)).toEqual([100, 100, 100, 100]);
      });

      test("sessions are counted through a drain, and end when they are cut", async () => {
        await apply([one()]);
        const tunnel = await place().connect(place().port(1));
        await apply([{ ...one(), state: "drain" }, two()]);
        expect(await place().router.sessions([one().name, two().name, "nobody"])).toEqual(
          new Map([
            [one().name, 1],
            [two().name, 0],
            ["nobody", 0],
          ]),
        );
        expect(tunnel.open()).toBe(true);
        expect(await place().router.cut(one().name)).toBe(1);
        await expect.poll(async () => (await place().router.sessions([one().name])).get(one().name)).toBe(0);
        await expect.poll(() => tunnel.open()).toBe(false);
      });

      test("sessions are counted through a reload and a replacement", async () => {
        await apply([one()]);
        const tunnel = await place().connect(place().port(1));
        const more = {
          ...table(place(), [one()]).listeners[0],
          port: place().port(2),
          hostIp: null,
          mode: "http",
          defaultBackend: WEB,
        } as const;
        await place().router.apply(table(place(), [one()], { listeners: [...table(place(), []).listeners, more] }));
        expect((await place().router.sessions([one().name])).get(one().name)).toBe(1);
        await place().router.replace();
        expect((await place().router.sessions([one().name])).get(one().name)).toBe(1);
        expect(tunnel.open()).toBe(true);
        expect(await place().router.cut(one().name)).toBe(1);
        await expect.poll(() => tunnel.open()).toBe(false);
        expect(await place().ask(place().port(0))).toBe(one().name);
      });

      test("maintenance comes at once, and a later table has the last word", async () => {
        await place().router.maint(one().name);
        expect(await asked()).toEqual([two().name]);
        expect(await states()).toContain(`${one().name} maint`);
        await apply([one(), two()]);
        expect(await asked()).toEqual([one().name, two().name]);
      });

      test("a taken port is refused by name, and nothing changes", async () => {
        const free = await place().occupy(place().port(3));
        const listeners = [
          ...table(place(), []).listeners,
          { port: place().port(3), hostIp: null, mode: "http", defaultBackend: WEB } as const,
        ];
        expect(await place().router.foreignListeners([place().port(0), place().port(3)])).toMatchObject([{ port: place().port(3) }]);
        const refused = place().router.apply(table(place(), [three()], { listeners }));
        await expect(refused).rejects.toMatchObject({ code: "INS4001", message: expect.stringContaining(String(place().port(3))) });
        expect(await states()).toEqual([`${one().name} ready`, `${two().name} ready`]);
        await free();
        await place().router.apply(table(place(), [three()], { listeners }));
        expect(await place().ask(place().port(3))).toBe(three().name);
      });

      test("text that could end a directive is refused, and nothing changes", async () => {
        const evil = { ...backend([one()]), name: "be:shop:web:8080\n  bind :1" };
        await expect(place().router.apply(table(place(), [], { backends: [evil] }))).rejects.toMatchObject({ code: "INS1014" });
        await apply([one(), two()]);
        expect(await asked()).toEqual([one().name, two().name]);
      });

      test("what someone else changed is counted and mended", async () => {
        expect(await place().router.repair()).toBe(0);
        await place().meddle(one().name);
        expect(await place().router.repair()).toBeGreaterThan(0);
        expect(await states()).toEqual([`${one().name} ready`, `${two().name} ready`]);
        expect(await place().router.repair()).toBe(0);
      });

      test("a crash brings back what was persisted", async () => {
        await apply([two(), three()]);
        await place().router.persisted();
        await place().crash();
        await expect.poll(() => asked(), { timeout: 10_000 }).toEqual([two().name, three().name]);
        await expect.poll(() => states().catch(() => []), { timeout: 10_000 }).toEqual([`${two().name} ready`, `${three().name} ready`]);
      });
    });
  });
};
