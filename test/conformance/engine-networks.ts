import { describe, expect, test } from "vitest";
import type { Place } from "./engine.ts";

export const networkConformance = (place: Place): void => {
  const plain = { external: false, internal: false, labels: {} };

  describe("networks", () => {
    test("are ours, with the subnet that was given", async () => {
      const { engine, prefix, network, networkName, block } = place();
      await network("a", 0);
      const { subnet, gateway } = block(0);
      const seen = (await engine.networks()).find((seen) => seen.name === networkName("a"));
      expect(seen).toMatchObject({ stack: prefix, ours: true, subnet, gateway });
      expect(await engine.takenSubnets()).toContain(subnet);
    });

    test("show the addresses of stopped instances too", async () => {
      const { engine, blueprint, networkName, block } = place();
      await engine.create(await blueprint({ service: "asleep", slot: 90 }));
      const seen = (await engine.networks()).find((seen) => seen.name === networkName("a"));
      expect(seen?.addresses).toContain(block(0).address(100));
    });

    test("of the same name with another subnet or of another stack are INS3003", async () => {
      const { engine, network, networkName, block } = place();
      await expect(network("a", 2)).rejects.toMatchObject({ code: "INS3003" });
      await expect(engine.ensureNetwork("another", { ...plain, name: networkName("a") }, block(0))).rejects.toMatchObject({
        code: "INS3003",
      });
    });

    test("that are foreign stay: INS3003 in the way, INS3002 on removal, welcome as external", async () => {
      const { engine, prefix, foreignNetwork, networkName, exists, block } = place();
      const name = networkName("foreign");
      await foreignNetwork(name, block(3).subnet);
      await expect(engine.ensureNetwork(prefix, { ...plain, name }, block(3))).rejects.toMatchObject({ code: "INS3003" });
      await expect(engine.removeNetwork(name)).rejects.toMatchObject({ code: "INS3002" });
      await engine.ensureNetwork(prefix, { ...plain, name, external: true }, block(3));
      expect(await exists("network", name)).toBe(true);
      expect((await engine.networks()).find((seen) => seen.name === name)).toMatchObject({ ours: false, stack: null });
      expect(await engine.takenSubnets()).toContain(block(3).subnet);
    });

    test("that are external and missing are INS1008", async () => {
      const { engine, prefix, networkName, block } = place();
      const spec = { ...plain, name: networkName("nowhere"), external: true };
      await expect(engine.ensureNetwork(prefix, spec, block(2))).rejects.toMatchObject({ code: "INS1008" });
    });

    test("are removed; in use they are refused; a missing one is success", async () => {
      const { engine, network, networkName, exists, started, block } = place();
      await network("gone", 2);
      const networks = [{ name: networkName("gone"), address: block(2).address(10), aliases: [] }];
      const user = await started({ service: "user", networks });
      await expect(engine.removeNetwork(networkName("gone"))).rejects.toMatchObject({ code: "INS3005" });
      await engine.stop(user.name, { signal: null, graceMs: 1000 });
      await engine.remove(user.name);
      await engine.removeNetwork(networkName("gone"));
      expect(await exists("network", networkName("gone"))).toBe(false);
      await engine.removeNetwork(networkName("gone"));
    });
  });

  describe("volumes", () => {
    const spec = { external: false, driver: "local", driverOpts: {}, labels: { colour: "red" }, shared: null };

    test("are ours once made, and made once", async () => {
      const { engine, prefix } = place();
      const name = `${prefix}_ours`;
      await engine.ensureVolume(prefix, { ...spec, name });
      await engine.ensureVolume(prefix, { ...spec, name });
      const seen = (await engine.volumes()).find((seen) => seen.name === name);
      expect(seen).toMatchObject({ stack: prefix, ours: true, labels: { colour: "red" } });
      await engine.removeVolume(name);
      expect((await engine.volumes()).map((seen) => seen.name)).not.toContain(name);
      await engine.removeVolume(name);
    });

    test("of another stack are INS3003", async () => {
      const { engine, prefix } = place();
      const name = `${prefix}_theirs`;
      await engine.ensureVolume(prefix, { ...spec, name });
      await expect(engine.ensureVolume("another", { ...spec, name })).rejects.toMatchObject({ code: "INS3003" });
    });

    test("that are foreign stay: INS3003 in the way, INS3002 on removal, welcome as external", async () => {
      const { engine, prefix, foreignVolume, exists } = place();
      const name = `${prefix}_foreign`;
      await foreignVolume(name);
      await expect(engine.ensureVolume(prefix, { ...spec, name })).rejects.toMatchObject({ code: "INS3003" });
      await expect(engine.removeVolume(name)).rejects.toMatchObject({ code: "INS3002" });
      await engine.ensureVolume(prefix, { ...spec, name, external: true });
      expect(await exists("volume", name)).toBe(true);
      expect((await engine.volumes()).find((seen) => seen.name === name)).toMatchObject({ ours: false, stack: null });
    });

    test("that are external and missing are INS1008", async () => {
      const { engine, prefix } = place();
      await expect(engine.ensureVolume(prefix, { ...spec, name: `${prefix}_nowhere`, external: true })).rejects.toMatchObject({
        code: "INS1008",
      });
    });

    test("in use are refused on removal", async () => {
      const { engine, prefix, blueprint, exists } = place();
      const name = `${prefix}_used`;
      await engine.ensureVolume(prefix, { ...spec, name });
      const mounts = [{ kind: "volume", source: "used", target: "/data", readOnly: false, createHostPath: false }] as const;
      await engine.create(await blueprint({ service: "keeper", slot: 91, spec: { mounts }, volumeNames: { used: name } }));
      await expect(engine.removeVolume(name)).rejects.toMatchObject({ code: "INS3005" });
      expect(await exists("volume", name)).toBe(true);
    });
  });
};
