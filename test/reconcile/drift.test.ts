import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { InstarError } from "../../src/errors.ts";
import type { InstanceDrift } from "../../src/reconcile/drift-control.ts";
import { openStore } from "../../src/store/sqlite.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const WEB = { stack: "shop", service: "web" };
/** Long enough for a machine with other work. */
const READY = { readyTimeoutMs: 20_000 };
const CHECK = { disable: false, intervalMs: 1000, timeoutMs: 1000, retries: 3, startPeriodMs: 0, startIntervalMs: null };
const healthcheck = { ...CHECK, test: ["CMD", "probe", "me"] };
const OFF = "its file says immutable: off";
const drift = () => house.daemon.control.drift.list(WEB);
const verdicts = async (): Promise<string[]> => (await drift()).instances.map(({ name, verdict }) => `${name} ${verdict}`);
const touched = (when: (one: InstanceDrift) => boolean) => house.until(async () => (await drift()).instances.find(when) ?? null);
const events = async (kind: string): Promise<string[]> =>
  (await house.daemon.control.events({ limit: 1000 })).filter((event) => event.kind === kind).map(({ message }) => message);

describe("what is heard", () => {
  it("an exec taints, is told by ps and in the event log, and outlives the daemon; a healthcheck of its own is none", async () => {
    await house.upToTheEnd({ web: { ...READY, healthcheck } });
    house.engine.control.touch("shop-web-r1-1-a1", "exec_start: probe me");
    house.engine.control.touch("shop-web-r1-2-a1", "exec_start: sh -c id");
    const found = await touched(({ verdict }) => verdict !== "none");
    expect(found).toMatchObject({ name: "shop-web-r1-2-a1", verdict: "tainted", causes: [{ kind: "exec", detail: "sh -c id" }] });
    const views = await house.daemon.control.instances(WEB);
    expect(views.map((one) => one.drift)).toEqual(["none", "tainted"]);
    await house.reopen();
    expect(await verdicts()).toEqual(["shop-web-r1-1-a1 none", "shop-web-r1-2-a1 tainted"]);
    expect(await events("drift.exec")).toEqual(["shop-web-r1-2-a1: exec by a client of the engine: sh -c id"]);
  });

  it("a healthcheck of one that was gone before it could be asked about is none either", async () => {
    await house.upToTheEnd({ web: { ...READY, healthcheck } });
    await house.close();
    house.engine.control.touch("shop-web-r1-1-a1", "exec_start: probe me");
    house.engine.control.touch("shop-web-r1-1-a1", "exec_start: sh -c id");
    house.engine.control.vanish("shop-web-r1-1-a1");
    await house.open();
    await house.until(async () => (await events("drift.exec")).length > 0);
    expect((await drift()).gone.map(({ name, causes }) => [name, causes.map(({ detail }) => detail)])).toEqual([
      ["shop-web-r1-1-a1", ["sh -c id"]],
    ]);
  });

  it("what taints is told however much was heard before that taints nothing", async () => {
    await house.upToTheEnd({ web: READY });
    const copies = { id: house.engine.control.container("shop-web-r1-1-a1").id, ...WEB, instance: "shop-web-r1-1-a1", by: "a client" };
    await house.close();
    const store = await openStore(house.home);
    await store.write(async (within) => {
      for (let at = 1; at <= 1_000; at++) await within.addTouch({ ...copies, kind: "copy", detail: "out of it", at, taints: false });
    });
    await store.close();
    await house.open();
    house.engine.control.touch("shop-web-r1-1-a1", "archive-path");
    house.engine.control.touch("shop-web-r1-1-a1", "exec_start: sh -c id");
    const { causes } = await touched(({ verdict }) => verdict === "tainted");
    expect(causes.at(-1)).toMatchObject({ kind: "exec", detail: "sh -c id" });
    await house.until(async () => (await events("drift.exec")).length === 1);
    // One more copy than are kept is not.
    expect(causes.filter(({ kind }) => kind === "copy")).toHaveLength(1_000);
    expect(await events("drift.copy")).toEqual([]);
  });

  it("what was told while the stream was given up twice in a row is heard by the third", async () => {
    await house.upToTheEnd({ web: READY });
    const ping = vi.spyOn(house.engine, "ping");
    ping.mockImplementationOnce(async () => {
      house.engine.control.touch("shop-web-r1-1-a1", "exec_start: sh -c id");
      throw new InstarError("INS3001", "away");
    });
    ping.mockRejectedValueOnce(new InstarError("INS3001", "still away"));
    house.engine.control.loseEvents(false);
    const { causes } = await touched(({ verdict }) => verdict === "tainted");
    expect(causes).toMatchObject([{ kind: "exec", detail: "sh -c id" }]);
    expect(house.reports.filter((report) => report.startsWith("watch: "))).toHaveLength(2);
  });

  it("deployments, scaling and crashes are no touch of anybody", async () => {
    await house.upToTheEnd({ web: READY });
    await house.upToTheEnd({ web: { ...READY, image: "shop/web:v2", replicas: 4 } });
    await house.upToTheEnd({ web: { ...READY, image: "shop/web:v2", replicas: 2 } });
    house.engine.control.crash("shop-web-r2-1-a1");
    await house.until(async () => {
      const names = await house.serving();
      return names.length === 2 && !names.includes("shop-web-r2-1-a1");
    });
    const { instances, gone, gaps } = await drift();
    expect(instances.filter(({ verdict }) => verdict !== "none")).toEqual([]);
    expect([...instances, ...gone].flatMap(({ causes }) => causes)).toEqual([]);
    expect(gaps).toEqual([]);
  });

  it("what happened while the daemon was away is heard afterwards; the stretch is recorded and nobody is unwatched", async () => {
    await house.upToTheEnd({ web: READY });
    await house.close();
    house.engine.control.touch("shop-web-r1-1-a1", "exec_start: sh");
    await house.open();
    await touched(({ verdict }) => verdict === "tainted");
    const { gaps, instances } = await drift();
    expect(gaps.map(({ blind }) => blind)).toEqual([false]);
    expect(instances.map(({ verdict }) => verdict)).toEqual(["tainted", "none"]);
  });

  it("what happens while the daemon is closing is heard afterwards too", async () => {
    await house.upToTheEnd({ web: READY, api: { ...READY, ports: [] } });
    house.engine.control.callMs = 500;
    // An engine that takes its time over this is waited for; what is told to the last daemon's last second is asked for anyway.
    await house.up({ web: READY, api: { ...READY, ports: [], image: "shop/web:v2" } });
    const closing = house.close();
    house.engine.control.touch("shop-web-r1-1-a1", "exec_start: sh");
    await closing;
    house.engine.control.callMs = 0;
    await house.open();
    await touched(({ verdict }) => verdict === "tainted");
  });

  it("what ran out of the engine's memory meanwhile makes who was alive unwatched", async () => {
    await house.upToTheEnd({ web: READY });
    await house.close();
    house.engine.control.touch("shop-web-r1-1-a1", "exec_start: sh");
    for (let n = 0; n < 300; n++) house.engine.control.touch("shop-web-r1-1-a1", "health_status: healthy");
    await house.open();
    await house.until(async () => (await drift()).gaps.some(({ blind }) => blind));
    expect(await verdicts()).toEqual(["shop-web-r1-1-a1 unwatched", "shop-web-r1-2-a1 unwatched"]);
  });

  it("a stream that loses more than the engine remembers is a blind stretch too", async () => {
    await house.upToTheEnd({ web: READY });
    house.engine.control.loseEvents(true);
    for (let n = 0; n < 300; n++) house.engine.control.touch("shop-web-r1-1-a1", "exec_start: sh");
    house.engine.control.loseEvents(false);
    await house.until(async () => (await drift()).gaps.some(({ blind }) => blind));
    expect((await drift()).instances.map(({ verdict }) => verdict)).toEqual(["tainted", "unwatched"]);
  });

  it("an instance that the engine did not tell of at first is watched as soon as it does", async () => {
    house.engine.control.failNext("watched", new InstarError("INS3036", "the engine did not answer within 5 s"), 3);
    await house.upToTheEnd({ web: { ...READY, replicas: 1 } });
    house.engine.control.touch("shop-web-r1-1-a1", "exec_start: sh -c id");
    const { causes } = await touched(({ verdict }) => verdict === "tainted");
    expect(causes.map(({ kind, detail }) => `${kind} ${detail}`)).toEqual(["exec sh -c id"]);
  });

  it("off: nothing is said, also of instances that were made under detect", async () => {
    await house.upToTheEnd({ web: READY });
    await house.upToTheEnd({ web: { ...READY, immutable: "off" } });
    house.engine.control.touch("shop-web-r1-1-a1", "exec_start: sh");
    await house.until(async () => (await events("drift.exec")).length === 1);
    expect(await verdicts()).toEqual(["shop-web-r1-1-a1 none", "shop-web-r1-2-a1 none"]);
  });

  it("off from the start: nobody looks, nothing is recorded, listed or warned of", async () => {
    const off = { ...READY, replicas: 1, immutable: "off" } as const;
    await house.upToTheEnd({ web: off });
    const [one] = await house.daemon.control.instances(WEB);
    house.engine.control.forensics.found.set(one?.id ?? "", { changed: [{ path: "/planted", kind: "A", hash: "aa" }] });
    expect(await house.daemon.control.drift.suggest(WEB)).toMatchObject({ instances: 0, scratch: [], volumes: [] });
    expect((await drift()).instances).toEqual([
      { ...WEB, name: "shop-web-r1-1-a1", verdict: "none", because: OFF, causes: [], more: false },
    ]);
    expect(await events("drift.found")).toEqual([]);
  });

  it("what was seen to write is no notice for a file that says off, only for one that minds", async () => {
    await house.upToTheEnd({ web: READY });
    const [one] = await house.daemon.control.instances(WEB);
    house.engine.control.forensics.found.set(one?.id ?? "", { changed: [{ path: "/planted", kind: "A", hash: "aa" }] });
    await house.daemon.control.drift.suggest(WEB);
    const noticed = async (more: { readonly immutable?: "off" }) =>
      (await house.plan({ web: { ...READY, ...more } })).notices.filter(({ code }) => code === "writes-undeclared").length;
    expect([await noticed({}), await noticed({ immutable: "off" })]).toEqual([1, 0]);
  });
});

it("in the middle of a deployment the old ones are judged by their own revision", async () => {
  await house.upToTheEnd({ web: READY });
  house.engine.control.touch("shop-web-r1-1-a1", "exec_start: sh");
  await touched(({ verdict }) => verdict === "tainted");
  house.engine.control.behave("shop/web:v2", { readyAfterMs: null });
  await house.up({ web: { ...READY, image: "shop/web:v2", immutable: "off" } });
  await house.until(async () => (await house.engine.instances()).some(({ name, state }) => name.includes("-r2-") && state === "running"));
  expect((await verdicts()).slice(0, 2)).toEqual(["shop-web-r1-1-a1 tainted", "shop-web-r1-2-a1 none"]);
});

it("there is nothing to export of what is no instance", async () => {
  await expect(house.daemon.control.drift.export("shop-web-r1-9-a9")).rejects.toMatchObject({ code: "INS3022" });
});

describe("enforce", () => {
  const ENFORCE = { ...READY, immutable: "enforce" } as const;
  const taint = (name: string): void => house.engine.control.touch(name, "exec_start: sh");
  const replaced = (name: string, by: string) =>
    house.until(async () => {
      const names = await house.serving();
      return names.includes(by) && !names.includes(name);
    });

  it("a tainted instance is replaced by a deployment for drift that says why", async () => {
    await house.upToTheEnd({ web: ENFORCE });
    taint("shop-web-r1-1-a1");
    await replaced("shop-web-r1-1-a1", "shop-web-r1-1-a2");
    const newest = await house.until(async () => {
      const [first] = (await house.daemon.control.history(WEB)).deployments;
      return first?.endedAt == null ? null : first;
    });
    expect(newest).toMatchObject({ cause: { kind: "drift", who: "instar" }, outcome: "succeeded", from: 1, to: 1 });
    expect(newest.reason).toBe("shop-web-r1-1-a1 is tainted: exec by a client of the engine: sh");
    const order = newest.steps.map((step) => `${step.do} ${step.instance}`);
    expect(order.indexOf("route shop-web-r1-1-a2")).toBeLessThan(order.indexOf("drain shop-web-r1-1-a1"));
    expect(await verdicts()).toEqual(["shop-web-r1-1-a2 none", "shop-web-r1-2-a1 none"]);
    expect((await drift()).gone.map(({ name }) => name)).toEqual(["shop-web-r1-1-a1"]);
  });

  it("after three in a row it stops and says so; heal replaces it all the same", async () => {
    await house.upToTheEnd({ web: { ...ENFORCE, replicas: 1 } });
    for (const attempt of [1, 2, 3]) {
      taint(`shop-web-r1-1-a${attempt}`);
      await replaced(`shop-web-r1-1-a${attempt}`, `shop-web-r1-1-a${attempt + 1}`);
      await house.until(async () => (await house.daemon.control.services("shop"))[0]?.deployment === null);
    }
    taint("shop-web-r1-1-a4");
    const [said] = await house.until(async () => {
      const found = await events("drift.held");
      return found.length > 0 && found;
    });
    expect(said).toMatch(/^shop-web-r1-1-a4 drifted and is not replaced: slot 1 was replaced 3 times in a row/);
    expect(await house.serving()).toEqual(["shop-web-r1-1-a4"]);
    const started = await house.daemon.control.drift.heal(WEB, null, "ann");
    expect((await house.ended(started?.id ?? "")).outcome).toBe("succeeded");
    expect(await house.serving()).toEqual(["shop-web-r1-1-a5"]);
  });

  it("unwatched instances are recycled one by one", async () => {
    await house.upToTheEnd({ web: ENFORCE });
    await house.close();
    for (let n = 0; n < 300; n++) house.engine.control.touch("shop-web-r1-1-a1", "health_status: healthy");
    await house.open();
    await house.until(async () => (await house.serving()).join() === "shop-web-r1-1-a2,shop-web-r1-2-a2");
    await house.until(async () => (await house.daemon.control.services("shop"))[0]?.deployment === null);
    const healing = (await house.daemon.control.history(WEB)).deployments.filter(({ cause }) => cause.kind === "drift");
    expect(healing.map(({ reason }) => reason?.split(" is ")[0])).toEqual(["shop-web-r1-2-a1", "shop-web-r1-1-a1"]);
  });

  it("one that changed is found by a look", async () => {
    await house.upToTheEnd({ web: ENFORCE });
    const [one] = await house.daemon.control.instances(WEB);
    house.engine.control.forensics.found.set(one?.id ?? "", { changed: [{ path: "/planted", kind: "A", hash: "aa" }] });
    house.engine.control.touch("shop-web-r1-1-a1", "exec_die");
    await replaced("shop-web-r1-1-a1", "shop-web-r1-1-a2");
    expect(await events("drift.found")).toEqual(["shop-web-r1-1-a1: added /planted"]);
  });
});

it("an edit of /etc/hosts is found by a look, told once, by drift and verify alike, until it is as it was", async () => {
  await house.upToTheEnd({ web: READY });
  const [one] = await house.daemon.control.instances(WEB);
  const { forensics } = house.engine.control;
  const look = () => house.engine.control.touch("shop-web-r1-1-a1", "exec_die");
  forensics.found.set(one?.id ?? "", { files: { "/etc/hosts": "edited" } });
  look();
  const found = await touched(({ verdict }) => verdict !== "none");
  expect(found).toMatchObject({ verdict: "changed", causes: [{ kind: "managed-file", detail: "/etc/hosts" }] });
  const { attestation } = await house.daemon.control.proofs.verify(WEB);
  expect(attestation.instances.flatMap(({ differences }) => differences)).toMatchObject([
    { kind: "layer", detail: "/etc/hosts was edited" },
  ]);
  look();
  forensics.found.delete(one?.id ?? "");
  look();
  await touched(({ name, verdict }) => name === found.name && verdict === "none");
  expect(await events("drift.found")).toEqual(["shop-web-r1-1-a1: /etc/hosts was edited"]);
});

describe("heal", () => {
  it("of a service that did not drift does nothing", async () => {
    await house.upToTheEnd({ web: READY });
    expect(await house.daemon.control.drift.heal(WEB, null, "ann")).toBeNull();
  });

  it("--keep: out of rotation and running, then gone, also over a restart of the daemon", async () => {
    await house.upToTheEnd({ web: READY });
    house.engine.control.touch("shop-web-r1-1-a1", "exec_start: sh");
    await touched(({ verdict }) => verdict === "tainted");
    const started = await house.daemon.control.drift.heal(WEB, 3000, "ann");
    expect((await house.ended(started?.id ?? "")).outcome).toBe("succeeded");
    const phases = async (): Promise<string[]> => (await house.daemon.control.instances(WEB)).map(({ name, phase }) => `${name} ${phase}`);
    expect(await phases()).toEqual(["shop-web-r1-1-a1 quarantined", "shop-web-r1-1-a2 serving", "shop-web-r1-2-a1 serving"]);
    expect(house.engine.control.container("shop-web-r1-1-a1").state).toBe("running");
    await house.reopen();
    await house.until(async () => (await phases()).join() === "shop-web-r1-1-a2 serving,shop-web-r1-2-a1 serving");
  });

  it("--keep of one that may not run beside another: stopped and kept", async () => {
    const mounts = [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }] as const;
    await house.upToTheEnd({ web: { ...READY, replicas: 1, mounts } });
    house.engine.control.touch("shop-web-r1-1-a1", "exec_start: sh");
    await touched(({ verdict }) => verdict === "tainted");
    const started = await house.daemon.control.drift.heal(WEB, 60_000, "ann");
    expect((await house.ended(started?.id ?? "")).outcome).toBe("succeeded");
    expect(house.engine.control.container("shop-web-r1-1-a1").state).toBe("exited");
    expect(await house.serving()).toEqual(["shop-web-r1-1-a2"]);
  });

  it("by hand is let in while a deployment for drift runs, and takes its place", async () => {
    await house.upToTheEnd({ web: { ...READY, replicas: 1, immutable: "enforce" } });
    house.engine.control.failNext("create", new InstarError("INS3001", "the engine is busy"), 1_000);
    house.engine.control.touch("shop-web-r1-1-a1", "exec_start: sh");
    const first = await house.until(async () => (await house.daemon.control.services("shop"))[0]?.deployment ?? null);
    const started = await house.daemon.control.drift.heal(WEB, null, "ann");
    expect(started).toMatchObject({ cause: { kind: "drift", who: "ann" }, endedAt: null });
    house.engine.control.forgetFailures();
    expect((await house.ended(started?.id ?? "")).outcome).toBe("succeeded");
    expect((await house.daemon.control.deployment(first)).outcome).toBe("superseded");
    expect(await house.serving()).toEqual(["shop-web-r1-1-a2"]);
  });

  it("is refused while another deployment runs", async () => {
    await house.upToTheEnd({ web: READY });
    await house.daemon.control.deploy(WEB, "shop/web:v2", "me");
    await expect(house.daemon.control.drift.heal(WEB, null, "ann")).rejects.toMatchObject({ code: "INS2030" });
  });
});
