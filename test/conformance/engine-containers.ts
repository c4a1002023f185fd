import { describe, expect, test } from "vitest";
import type { Place } from "./engine.ts";
import { POLL } from "./engine-world.ts";

export const containerConformance = (place: Place): void => {
  describe("signal", () => {
    test("reaches the process, which goes on, and leaves the restart policy as it was", async () => {
      const { engine, started, look, crash } = place();
      const { name } = await started({ service: "told", spec: { restart: { policy: "unless-stopped", maxAttempts: 0 } } });
      const { startedAt } = await look(name);
      await engine.signal(name, "SIGWINCH");
      expect(await look(name)).toMatchObject({ state: "running", startedAt });
      await crash(name);
      await expect.poll(async () => (await look(name)).restartCount, POLL).toBe(1);
    });

    test("of one that does not run is an error: INS3005", async () => {
      const { engine, blueprint } = place();
      const made = await blueprint({ service: "silent" });
      await engine.create(made);
      await expect(engine.signal(made.name, "SIGHUP")).rejects.toMatchObject({ code: "INS3005" });
      await expect(engine.signal(`${made.name}-none`, "SIGHUP")).rejects.toMatchObject({ code: "INS3005" });
    });
  });

  describe("create", () => {
    test("makes a stopped instance that says who it is", async () => {
      const { engine, blueprint, look, networkName, block } = place();
      const made = await blueprint({ service: "who", slot: 1 });
      const id = await engine.create(made);
      const { name, stack, service, revision, slot, attempt, generation, instanceHash } = made;
      expect(await look(name)).toMatchObject({
        ...{ id, name, stack, service, revision, slot, attempt, generation, instanceHash },
        state: "created",
        built: true,
        startedAt: null,
        exitCode: null,
        addresses: { [networkName("a")]: block(0).address(11) },
      });
    });

    test("twice is once", async () => {
      const { engine, blueprint } = place();
      const made = await blueprint({ service: "twice" });
      expect(await engine.create(made)).toBe(await engine.create(made));
    });

    test("attaches every network before the first start", async () => {
      const { engine, blueprint, look, networkName, block } = place();
      const networks = [
        { name: networkName("a"), address: block(0).address(30), aliases: ["many"] },
        { name: networkName("b"), address: block(1).address(30), aliases: ["many"] },
      ];
      const made = await blueprint({ service: "many", networks });
      await engine.create(made);
      const addresses = { [networkName("a")]: block(0).address(30), [networkName("b")]: block(1).address(30) };
      expect(await look(made.name)).toMatchObject({ built: true, state: "created", addresses });
    });

    test("a half-built one is seen as such, removed and built again", async () => {
      const { engine, blueprint, look, leaveHalfBuilt, networkName, block } = place();
      const networks = [
        { name: networkName("a"), address: block(0).address(31), aliases: [] },
        { name: networkName("b"), address: block(1).address(31), aliases: [] },
      ];
      const made = await blueprint({ service: "half", networks });
      const left = await leaveHalfBuilt(made);
      expect((await look(made.name)).built).toBe(false);
      const id = await engine.create(made);
      expect(id).not.toBe(left);
      expect(await look(made.name)).toMatchObject({ id, built: true });
    });

    test("one that never ran and has other content is built again; one that ran is kept", async () => {
      const { engine, blueprint, look } = place();
      const first = await blueprint({ service: "content", slot: 40, instanceHash: "aaa" });
      const second = { ...first, instanceHash: "bbb" };
      const old = await engine.create(first);
      const fresh = await engine.create(second);
      expect(fresh).not.toBe(old);
      expect((await look(first.name)).instanceHash).toBe("bbb");
      await engine.start(first.name);
      expect(await engine.create(first)).toBe(fresh);
    });

    test("a foreign container of the name stays as it is: INS3003", async () => {
      const { engine, blueprint, foreignContainer, isRunning } = place();
      const made = await blueprint({ service: "taken" });
      await foreignContainer(made.name);
      await expect(engine.create(made)).rejects.toMatchObject({ code: "INS3003" });
      expect(await isRunning(made.name)).toBe(true);
      expect(await engine.instance(made.name)).toBeNull();
    });

    test("an instance of another service that has the name by chance is not taken for it: INS3003", async () => {
      const { engine, blueprint } = place();
      const made = await blueprint({ service: "chance" });
      await engine.create(made);
      await expect(engine.create({ ...made, stack: `${made.stack}-chance`, service: "x" })).rejects.toMatchObject({ code: "INS3003" });
    });
  });

  describe("start", () => {
    test("twice is once", async () => {
      const { engine, started, look } = place();
      const { name } = await started({ service: "start", slot: 50 });
      const first = await look(name);
      expect(first).toMatchObject({ state: "running", restartCount: 0, exitCode: null });
      expect(first.startedAt).not.toBeNull();
      await engine.start(name);
      expect(await look(name)).toEqual(first);
    });

    test("an address that another has is refused, and the other keeps it", async () => {
      const { engine, started, blueprint, look } = place();
      const holder = await started({ service: "holder", slot: 51 });
      const second = await blueprint({ service: "second", networks: holder.networks });
      await engine.create(second);
      await expect(engine.start(second.name)).rejects.toMatchObject({ code: "INS3005", message: expect.stringMatching(/already in use/i) });
      expect((await look(holder.name)).state).toBe("running");
      expect((await look(second.name)).state).not.toBe("running");
    });

    test("a host port that another has is INS4001", async () => {
      const { engine, started, blueprint } = place();
      const ports = [{ published: 28_431, target: 80, protocol: "tcp", mode: "host", hostIp: "127.0.0.1", appProtocol: null }] as const;
      const holder = await started({ service: "port", slot: 52, spec: { ports } });
      const second = await blueprint({ service: "port", slot: 53, spec: { ports } });
      await engine.create(second);
      await expect(engine.start(second.name)).rejects.toMatchObject({ code: "INS4001" });
      await engine.stop(holder.name, { signal: null, graceMs: 1000 });
      await engine.start(second.name);
    });

    test("the address is kept over kill -9 and a restart by policy", async () => {
      const { started, look, crash, networkName, block } = place();
      const { name } = await started({ service: "again", slot: 54, spec: { restart: { policy: "unless-stopped", maxAttempts: 0 } } });
      const before = await look(name);
      await crash(name);
      await expect.poll(() => look(name), POLL).toMatchObject({ state: "running", restartCount: 1 });
      const after = await look(name);
      expect(after.id).toBe(before.id);
      expect(after.startedAt).toBeGreaterThan(before.startedAt ?? 0);
      expect(after.addresses).toEqual({ [networkName("a")]: block(0).address(64) });
    });

    test("a program that ends shows its exit code and when", async () => {
      const { started, look } = place();
      const { name } = await started({ service: "seven", slot: 55, program: { does: "exits", status: 7 } });
      await expect.poll(async () => (await look(name)).state, POLL).toBe("exited");
      const seen = await look(name);
      expect(seen).toMatchObject({ exitCode: 7, restartCount: 0, oomKilled: false });
      expect(seen.finishedAt).toBeGreaterThanOrEqual(seen.startedAt ?? Number.POSITIVE_INFINITY);
    });
  });

  describe("stop", () => {
    test("asks first, and what is stopped or missing is success", async () => {
      const { engine, started, look } = place();
      const { name } = await started({ service: "stop", slot: 60 });
      const how = { signal: null, graceMs: 30_000 };
      await engine.stop(name, how);
      expect(await look(name)).toMatchObject({ state: "exited", exitCode: 0 });
      await engine.stop(name, how);
      await engine.stop(`${name}-missing`, how);
    });

    test("kills after the grace", async () => {
      const { engine, started, look } = place();
      const { name } = await started({ service: "deaf", slot: 61, program: { does: "deaf" } });
      await engine.stop(name, { signal: null, graceMs: 200 });
      expect(await look(name)).toMatchObject({ state: "exited", exitCode: 137 });
    });

    test("ends the restart policy", async () => {
      const { engine, started, look } = place();
      const spec = { restart: { policy: "always", maxAttempts: 0 } } as const;
      const { name } = await started({ service: "loop", slot: 62, program: { does: "exits", status: 1 }, spec });
      await expect.poll(async () => (await look(name)).restartCount, POLL).toBeGreaterThan(1);
      await engine.stop(name, { signal: null, graceMs: 1000 });
      const stopped = await look(name);
      expect(stopped.state).toBe("exited");
      const other = await started({ service: "meanwhile", slot: 63, program: { does: "exits", status: 0 } });
      await expect.poll(async () => (await look(other.name)).state, POLL).toBe("exited");
      expect(await look(name)).toEqual(stopped);
    });

    test("a foreign container is not stopped: INS3002", async () => {
      const { engine, prefix, foreignContainer, isRunning } = place();
      const name = `${prefix}-foreign-1`;
      await foreignContainer(name);
      await expect(engine.stop(name, { signal: null, graceMs: 0 })).rejects.toMatchObject({ code: "INS3002" });
      expect(await isRunning(name)).toBe(true);
    });
  });

  describe("remove", () => {
    test("a running one is refused, a stopped one goes, a missing one is success", async () => {
      const { engine, started, look } = place();
      const { name } = await started({ service: "remove", slot: 70 });
      await expect(engine.remove(name)).rejects.toMatchObject({ code: "INS3005" });
      expect((await look(name)).state).toBe("running");
      await engine.stop(name, { signal: null, graceMs: 1000 });
      await engine.remove(name);
      expect(await engine.instance(name)).toBeNull();
      await engine.remove(name);
    });

    test("two at once are one", async () => {
      const { engine, blueprint } = place();
      const made = await blueprint({ service: "both" });
      await engine.create(made);
      await Promise.all([engine.remove(made.name), engine.remove(made.name)]);
      expect(await engine.instance(made.name)).toBeNull();
    });

    test("a foreign container stays: INS3002", async () => {
      const { engine, prefix, foreignContainer, exists } = place();
      const name = `${prefix}-foreign-2`;
      await foreignContainer(name);
      await expect(engine.remove(name)).rejects.toMatchObject({ code: "INS3002" });
      expect(await exists("container", name)).toBe(true);
    });

    test("its volume stays", async () => {
      const { engine, prefix, blueprint, exists } = place();
      const volume = `${prefix}_kept`;
      await engine.ensureVolume(prefix, { name: volume, external: false, driver: "local", driverOpts: {}, labels: {}, shared: null });
      const mounts = [{ kind: "volume", source: "kept", target: "/data", readOnly: false, createHostPath: false }] as const;
      const made = await blueprint({ service: "volume", slot: 71, spec: { mounts }, volumeNames: { kept: volume } });
      await engine.create(made);
      await engine.remove(made.name);
      expect(await exists("volume", volume)).toBe(true);
    });
  });

  test("instances lists ours alone, by stack and by service, stopped ones too", async () => {
    const { engine, prefix, started, blueprint, foreignContainer } = place();
    const running = await started({ service: "listed", slot: 80 });
    const created = await blueprint({ service: "listed", slot: 81 });
    await engine.create(created);
    const other = await blueprint({ service: "unlisted", slot: 82 });
    await engine.create(other);
    await foreignContainer(`${prefix}-listed-r1-83-a1`);
    const names = async (of?: { stack?: string; service?: string }): Promise<string[]> =>
      (await engine.instances(of)).map((seen) => seen.name);
    expect(await names({ stack: prefix, service: "listed" })).toEqual([running.name, created.name]);
    expect(await names({ stack: prefix })).toEqual(expect.arrayContaining([running.name, created.name, other.name]));
    expect(await names()).not.toContain(`${prefix}-listed-r1-83-a1`);
    expect(await names({ stack: `${prefix}-nobody` })).toEqual([]);
    const listed = await engine.instances({ stack: prefix, service: "listed" });
    expect(listed[0]).toEqual(await engine.instance(running.name));
  });

  test("an instance of another installation is none of ours, whatever else its labels say", async () => {
    const { engine, prefix, blueprint, foreignInstance, isRunning } = place();
    const theirs = await blueprint({ service: "theirs", slot: 85 });
    await foreignInstance(theirs);
    expect(await engine.instances({ stack: prefix, service: "theirs" })).toEqual([]);
    expect(await engine.instance(theirs.name)).toBeNull();
    await expect(engine.create(theirs)).rejects.toMatchObject({ code: "INS3003" });
    await expect(engine.stop(theirs.name, { signal: null, graceMs: 0 })).rejects.toMatchObject({ code: "INS3002" });
    await expect(engine.remove(theirs.name)).rejects.toMatchObject({ code: "INS3002" });
    expect(await isRunning(theirs.name)).toBe(true);
  });

  test("a missing instance is null", async () => {
    expect(await place().engine.instance(`${place().prefix}-nobody-r1-1-a1`)).toBeNull();
  });
};
