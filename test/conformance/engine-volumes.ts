import { extract } from "tar-stream";
import { describe, expect, test } from "vitest";
import { tarOf } from "../sim/fake-volumes.ts";
import type { Place } from "./engine.ts";

/** Path → content; folders have none. */
const filesIn = async (tar: AsyncIterable<Buffer>): Promise<Record<string, string>> => {
  const reading = extract();
  const files: Record<string, string> = {};
  const done = (async () => {
    for await (const entry of reading) {
      const pieces: Buffer[] = [];
      for await (const piece of entry) pieces.push(piece as Buffer);
      if (entry.header.type === "file") files[entry.header.name] = Buffer.concat(pieces).toString();
    }
  })();
  for await (const piece of tar) reading.write(piece);
  reading.end(Buffer.alloc(0));
  await done;
  return files;
};

async function* pieces(tar: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < tar.length; at += 7000) yield tar.subarray(at, at + 7000);
}

export const volumeConformance = (place: Place): void => {
  describe("contents of volumes", () => {
    const volume = async (key: string): Promise<string> => {
      const { engine, prefix } = place();
      const name = `${prefix}_${key}`;
      await engine.ensureVolume(prefix, { name, external: false, driver: "local", driverOpts: {}, labels: {}, shared: null });
      return name;
    };

    test("what is written is what is read, and nothing else is left there", async () => {
      const { engine } = place();
      const name = await volume("content");
      expect(await filesIn(engine.readVolume(name, { live: false }))).toEqual({});
      await engine.writeVolume(name, pieces(await tarOf({ old: "old", both: "1" })));
      const files = { both: "2", "a b\nü": "x".repeat(50_000) };
      await engine.writeVolume(name, pieces(await tarOf(files)));
      expect(await filesIn(engine.readVolume(name, { live: false }))).toEqual({ "./both": "2", "./a b\nü": "x".repeat(50_000) });
      expect(await engine.measureVolume(name)).toBeGreaterThan(50_000);
      expect((await engine.volumeSizes()).get(name)).toBeGreaterThan(50_000);
    });

    test("who has it mounted: running or not, read-only or not", async () => {
      const { engine, started, blueprint } = place();
      const name = await volume("mounted");
      expect(await engine.volumeUsers(name)).toEqual([]);
      const mount = (readOnly: boolean) => ({ mounts: [{ kind: "volume", source: "data", target: "/data", readOnly }] }) as never;
      const given = { volumeNames: { data: name }, service: "keeper" };
      const writer = await started({ ...given, slot: 141, spec: mount(false) });
      const reader = await blueprint({ ...given, slot: 142, spec: mount(true) });
      await engine.create(reader);
      const users = [...(await engine.volumeUsers(name))].sort((a, b) => (a.container < b.container ? -1 : 1));
      const common = { volume: name, ours: true, stack: writer.stack, service: "keeper" };
      expect(users).toEqual([
        { ...common, container: writer.name, slot: 141, running: true, readOnly: false },
        { ...common, container: reader.name, slot: 142, running: false, readOnly: true },
      ]);
      expect(await engine.volumeUsers()).toEqual(expect.arrayContaining(users));
      await engine.stop(writer.name, { signal: null, graceMs: 1000 });
      for (const one of [writer, reader]) await engine.remove(one.name);
    });

    test("a volume that is not there is not made by looking", async () => {
      const { engine, prefix, exists } = place();
      const name = `${prefix}_nowhere`;
      await expect(engine.measureVolume(name)).rejects.toMatchObject({ code: "INS2012" });
      await expect(filesIn(engine.readVolume(name, { live: true }))).rejects.toMatchObject({ code: "INS2012" });
      await expect(engine.writeVolume(name, pieces(await tarOf({})))).rejects.toMatchObject({ code: "INS2012" });
      expect(await exists("volume", name)).toBe(false);
    });
  });
};
