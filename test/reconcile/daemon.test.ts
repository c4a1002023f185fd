import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { House, WEB } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const web = { stack: "shop", service: "web" };

describe("up", () => {
  it("an equal file begins no deployment; a changed one does", async () => {
    const [first] = await house.upToTheEnd({ web: {} });
    expect(first).toMatchObject({ outcome: "succeeded", from: null, to: 1 });
    expect((await house.up({ web: {} })).deployments).toMatchObject([{ outcome: "unchanged", to: 1 }]);
    const [second] = await house.upToTheEnd({ web: { environment: { A: "1" } } });
    expect(second).toMatchObject({ outcome: "succeeded", from: 1, to: 2 });
    expect(await house.serving()).toEqual(["shop-web-r2-1-a1", "shop-web-r2-2-a1"]);
  });

  it("what reaches no container makes a revision and replaces nothing", async () => {
    await house.upToTheEnd({ web: {} });
    const [second] = await house.upToTheEnd({ web: { drainMs: 300 } });
    expect(second).toMatchObject({ outcome: "succeeded", to: 2 });
    expect(second?.steps).toEqual([]);
    expect((await house.daemon.control.instances(web)).map((i) => [i.name, i.revision])).toEqual([
      ["shop-web-r1-1-a1", 2],
      ["shop-web-r1-2-a1", 2],
    ]);
  });

  it("keeps what verbs have set, until the file changes that key or wins by force", async () => {
    await house.upToTheEnd({ web: {} });
    const deployed = await house.ended((await house.daemon.control.deploy(web, "shop/web:v2", "me")).id);
    await house.ended((await house.daemon.control.scale(web, 3, "me")).id);
    const kept = await house.up({ web: {} });
    expect(kept.deployments[0]?.outcome).toBe("unchanged");
    expect(kept.kept).toEqual([`web: image from deployment ${deployed.id}`, expect.stringMatching(/^web: replicas from deployment D/)]);
    await house.upToTheEnd({ web: { image: "shop/web:v3" } });
    expect((await house.daemon.control.services())[0]).toMatchObject({ image: "shop/web:v3", replicas: { wanted: 3 } });
    await house.upToTheEnd({ web: { image: "shop/web:v3" } }, { forceFile: true });
    expect((await house.daemon.control.services())[0]).toMatchObject({ replicas: { wanted: 2, serving: 2 } });
  });

  it("what a failed deployment set goes with it", async () => {
    await house.upToTheEnd({ web: {} });
    expect(await house.ended((await house.daemon.control.deploy(web, "shop/web:bad", "me")).id)).toMatchObject({ outcome: "rolled-back" });
    expect((await house.up({ web: {} })).kept).toEqual([]);
  });

  it("a service that leaves the file goes only with --prune", async () => {
    await house.upToTheEnd({ web: {}, other: { ports: [], replicas: 1 } });
    const told = await house.up({ web: {} });
    expect(told.notices.map((n) => n.code)).toContain("orphaned");
    expect(await house.serving("other")).toHaveLength(1);
    const { deployments } = await house.up({ web: {} }, { prune: true });
    await Promise.all(deployments.filter((d) => d.service === "other").map((d) => house.ended(d.id)));
    expect(await house.daemon.control.instances({ stack: "shop", service: "other" })).toEqual([]);
  });

  it("a dependency comes first, and its failure is the dependent's", async () => {
    const depends = { dependsOn: { db: { condition: "service_healthy" as const, required: true } } };
    const db = { ports: [], replicas: 1, expose: [5432] };
    const ends = await house.upToTheEnd({ web: depends, db });
    const at = (name: string, what: string) =>
      ends.flatMap((d) => d.steps).find((s) => s.instance?.startsWith(`shop-${name}-`) && s.do === what)?.at ?? 0;
    expect(at("db", "start")).toBeLessThanOrEqual(at("web", "create"));
    const other = await House.build();
    try {
      const failed = await other.upToTheEnd({ web: depends, db: { ...db, image: "shop/web:bad" } });
      expect(failed.map((d) => d.outcome)).toEqual(["failed", "failed"]);
      expect(failed.find((d) => d.service === "web")?.reason).toMatch(/INS5004.*db/);
    } finally {
      await other.wipe();
    }
  });

  it("a dependency that is gone or stopped holds up no rollback and no redeploy", async () => {
    const db = { ports: [], replicas: 1, expose: [5432] };
    const depends = { dependsOn: { db: { condition: "service_started" as const, required: true } } };
    await house.upToTheEnd({ web: depends, db });
    await house.daemon.control.stop({ stack: "shop", service: "db" }, "me");
    await house.until(async () => (await house.daemon.control.instances({ stack: "shop", service: "db" })).length === 0);
    expect((await house.ended((await house.daemon.control.redeploy(web, "me")).id)).outcome).toBe("succeeded");
    await house.daemon.control.start({ stack: "shop", service: "db" }, "me");
    const { deployments } = await house.up({ web: { environment: { A: "1" } } }, { prune: true });
    await Promise.all(deployments.map(({ id }) => house.ended(id)));
    const back = await house.daemon.control.rollback(web, { to: 1, data: false }, "me");
    expect((await house.ended(back.id)).outcome).toBe("succeeded");
  });

  it("has not succeeded while an instance runs another image than the wanted one, whatever its labels say", async () => {
    await house.upToTheEnd({ web: {} });
    const { instances } = house.engine;
    const image = `sha256:${"f".repeat(64)}`;
    house.engine.instances = async (...asked) => (await instances(...asked)).map((one) => (one.revision === 2 ? { ...one, image } : one));
    const [second] = await house.upToTheEnd({ web: { image: "shop/web:v2" } });
    expect(second?.outcome).toBe("rolled-back");
    expect(second?.reason).toMatch(/^INS5001 shop-web-r2-\d-a1 runs sha256:f+, which is not an image of revision 2$/);
    expect((await house.serving()).map((name) => name.slice(0, 12))).toEqual(["shop-web-r1-", "shop-web-r1-"]);
  });

  it("gone back to across a down, a bare port has a host port again", async () => {
    const ports = WEB.ports.map((port) => ({ ...port, published: null }));
    await house.upToTheEnd({ web: { ports } });
    await house.daemon.control.down("shop", { volumes: false, who: "me" });
    await house.upToTheEnd({ web: { ports: [] } });
    const back = await house.daemon.control.rollback(web, { to: 1, data: false }, "me");
    expect((await house.ended(back.id)).outcome).toBe("succeeded");
    expect((await house.daemon.control.services())[0]?.ports).toEqual([{ published: 20_000, target: 8080, protocol: "tcp" }]);
  });

  it("a one-off that others wait for comes to its end first; its failure is theirs", async () => {
    const job = { image: "shop/web:v2", ports: [], replicas: 1, ready: null, restart: { policy: "no" as const, maxAttempts: 0 } };
    const depends = { dependsOn: { job: { condition: "service_completed_successfully" as const, required: true } } };
    house.engine.control.behave("shop/web:v2", { endsAfterMs: 150, exitCode: 0 });
    const ends = await house.upToTheEnd({ web: depends, job });
    expect(ends.map((d) => d.outcome)).toEqual(["succeeded", "succeeded"]);
    const at = (name: string, what: string) =>
      ends.flatMap((d) => d.steps).find((s) => s.instance?.startsWith(`shop-${name}-`) && s.do === what)?.at ?? 0;
    expect(at("web", "create") - at("job", "start")).toBeGreaterThanOrEqual(150);
    house.engine.control.behave("shop/web:v3", { endsAfterMs: 50, exitCode: 7 });
    const failed = await house.upToTheEnd({ web: { ...depends, environment: { A: "1" } }, job: { ...job, image: "shop/web:v3" } });
    expect(failed.find((d) => d.service === "web")).toMatchObject({
      outcome: "rolled-back",
      reason: expect.stringMatching(/^INS5004 job .*ended (by itself )?with exit code 7/),
    });
  });

  it("a one-off that ends with success is removed with its log kept, and runs again only when it is asked for", async () => {
    house.engine.control.behave("shop/web:v2", { endsAfterMs: 20, exitCode: 0, lines: ["migrated 3 tables"] });
    const job = { image: "shop/web:v2", ports: [], replicas: 1, ready: null, restart: { policy: "no" as const, maxAttempts: 0 } };
    const [first] = await house.upToTheEnd({ job });
    expect(first?.outcome).toBe("succeeded");
    await house.until(async () => (await house.daemon.control.services())[0]?.state === "completed");
    expect(await house.engine.instances()).toEqual([]);
    const key = { stack: "shop", service: "job" };
    const lines: string[] = [];
    for await (const line of house.daemon.control.logs(key, { follow: false, tail: 10, signal: AbortSignal.timeout(60_000) }))
      lines.push(`${line.instance} ${line.text}`);
    expect(lines).toEqual(["shop-job-r1-1-a1 migrated 3 tables"]);
    const runs = () => house.engine.control.calls.filter(({ call }) => call === "start").length;
    expect((await house.up({ job })).deployments).toMatchObject([{ outcome: "unchanged" }]);
    await house.reopen();
    await house.until(async () => (await house.daemon.control.services())[0]?.state === "completed");
    expect(runs()).toBe(1);
    await house.ended((await house.daemon.control.recycle(key, "me")).id);
    expect(runs()).toBe(2);
    expect((await house.upToTheEnd({ job: { ...job, environment: { A: "1" } } }))[0]?.outcome).toBe("succeeded");
    expect(runs()).toBe(3);
  });
});

describe("a bad version", () => {
  it("whose start the engine refuses again and again has failed, and what served serves again", async () => {
    await house.upToTheEnd({ web: {} });
    const before = await house.serving();
    house.longestWaitMs = 20;
    house.engine.control.failNext("start", new InstarError("INS3005", "the engine refused: no such file: /nope"), 5);
    const [refused] = await house.upToTheEnd({ web: { image: "shop/web:v2" } });
    expect(refused).toMatchObject({
      outcome: "rolled-back",
      reason: expect.stringMatching(/INS5001 start of .* failed: INS3005 .*\/nope/),
    });
    expect(await house.serving()).toEqual(before);
  });

  it("may be tried again: what failed the first time is no part of the second", async () => {
    await house.upToTheEnd({ web: {} });
    const [first] = await house.upToTheEnd({ web: { image: "shop/web:bad" } });
    expect(first).toMatchObject({ outcome: "rolled-back", evidence: { exitCode: 3 } });
    house.engine.control.behave("shop/web:bad", {});
    const [second] = await house.upToTheEnd({ web: { image: "shop/web:bad" } });
    expect(second).toMatchObject({ outcome: "succeeded", to: first?.to });
    expect((await house.engine.instances()).map(({ name }) => name)).not.toContain(first?.evidence?.instance);
  });

  it("is rolled back with its evidence, and a following one is not hindered", async () => {
    await house.upToTheEnd({ web: {} });
    const before = await house.serving();
    const [bad] = await house.upToTheEnd({ web: { image: "shop/web:bad" } });
    expect(bad).toMatchObject({ outcome: "rolled-back", evidence: { exitCode: 3 } });
    expect(bad?.evidence?.log).toContain("out of ideas");
    expect(await house.serving()).toEqual(before);
    expect((await house.daemon.control.instances(web)).filter((i) => i.phase === "evidence")).toHaveLength(1);
    const [good] = await house.upToTheEnd({ web: { image: "shop/web:v2" } });
    expect(good?.outcome).toBe("succeeded");
    expect((await house.daemon.control.instances(web)).filter((i) => i.phase === "evidence")).toEqual([]);
  });

  it("deployed again goes to the same revision", async () => {
    await house.upToTheEnd({ web: {} });
    const [once] = await house.upToTheEnd({ web: { image: "shop/web:bad" } });
    const [twice] = await house.upToTheEnd({ web: { image: "shop/web:bad" } });
    expect([once?.to, twice?.to]).toEqual([2, 2]);
  });

  it("with failure_action pause stays where it is until it is aborted", async () => {
    await house.upToTheEnd({ web: {} });
    const rollout = { parallelism: 1, delayMs: 0, order: null, failureAction: "pause" as const, monitorMs: 0, maxFailureRatio: 0 };
    const { deployments } = await house.up({ web: { image: "shop/web:bad", rollout } });
    const id = deployments[0]?.id ?? "";
    await house.until(async () => (await house.daemon.control.deployment(id)).outcome === "paused");
    expect(await house.serving()).toHaveLength(2);
    await house.daemon.control.abort(id, "me");
    expect((await house.ended(id)).outcome).toBe("aborted");
    expect(await house.serving()).toHaveLength(2);
  });

  it("goes back whatever is resumed, and keeps the reason; what is not paused goes on as it is", async () => {
    const rollout = {
      parallelism: 1,
      delayMs: 0,
      order: "stop-first" as const,
      failureAction: "rollback" as const,
      monitorMs: 0,
      maxFailureRatio: 0,
    };
    const spec = { replicas: 1, readyTimeoutMs: 60_000, rollout };
    await house.upToTheEnd({ web: spec });
    house.engine.control.behave("shop/web:v1", { readyAfterMs: null });
    house.engine.control.behave("shop/web:v2", { endsAfterMs: 100, exitCode: 1 });
    const { deployments } = await house.up({ web: { ...spec, image: "shop/web:v2" } });
    const id = deployments[0]?.id ?? "";
    const { reason } = await house.until(async () => {
      const now = await house.daemon.control.deployment(id);
      return now.reason === null ? null : now;
    });
    expect((await house.daemon.control.resume(id, "me")).reason).toBe(reason);
    await house.daemon.control.pause(id, "me");
    expect((await house.daemon.control.resume(id, "me")).reason).toBe(reason);
    const resumed = (await house.daemon.control.events({})).filter(({ kind }) => kind === "deployment.resumed");
    expect(resumed.map(({ deployment, message }) => [deployment, message])).toEqual([[id, `${id} resumed by me`]]);
    house.engine.control.behave("shop/web:v1", {});
    expect(await house.ended(id)).toMatchObject({ outcome: "rolled-back", reason });
  });

  it("as the first version leaves nothing running", async () => {
    const [first] = await house.upToTheEnd({ web: { image: "shop/web:bad" } });
    expect(first?.outcome).toBe("failed");
    await house.until(async () => (await house.daemon.control.instances(web)).every((i) => i.phase === "evidence"));
  });
});

describe("moving while something moves", () => {
  it("the newest wins, with three revisions alive", async () => {
    house.engine.control.behave("shop/web:v2", { readyAfterMs: 100_000 });
    await house.upToTheEnd({ web: {} });
    const slow = await house.daemon.control.deploy(web, "shop/web:v2", "me");
    await house.until(async () =>
      (await house.daemon.control.instances(web)).some((i) => i.image === "shop/web:v2" && i.phase === "starting"),
    );
    const fast = await house.daemon.control.deploy(web, "shop/web:v3", "me");
    expect((await house.ended(fast.id)).outcome).toBe("succeeded");
    expect((await house.daemon.control.deployment(slow.id)).outcome).toBe("superseded");
    expect((await house.daemon.control.instances(web)).map((i) => i.image)).toEqual(["shop/web:v3", "shop/web:v3"]);
  });

  it("a restart of the daemon ends the same deployment", async () => {
    await house.upToTheEnd({ web: { replicas: 4 } });
    const { id } = await house.daemon.control.deploy(web, "shop/web:v2", "me");
    await house.until(async () => (await house.daemon.control.deployment(id)).steps.some((s) => s.do === "drain"));
    await house.close();
    await house.open();
    expect((await house.ended(id)).outcome).toBe("succeeded");
    expect(await house.serving()).toHaveLength(4);
    expect((await house.daemon.control.instances(web)).map((i) => i.image)).toEqual(Array(4).fill("shop/web:v2"));
  });

  it("sessions are waited for, and cut at the limit", async () => {
    await house.upToTheEnd({ web: { replicas: 1 } });
    const session = house.router.control.connect(8080);
    expect(session).not.toBeNull();
    const { id } = await house.daemon.control.deploy(web, "shop/web:v2", "me");
    const { steps } = await house.ended(id);
    const at = (what: string) => steps.find((s) => s.do === what && s.instance === "shop-web-r1-1-a1")?.at ?? 0;
    expect(at("cut") - at("drain")).toBeGreaterThanOrEqual(200);
    expect(at("stop")).toBeGreaterThanOrEqual(at("cut"));
  });

  it("the drain limit counts from when the router sends nothing more there", async () => {
    await house.upToTheEnd({ web: { replicas: 1 } });
    expect(house.router.control.connect(8080)).not.toBeNull();
    house.router.control.applyMs = 150;
    const { id } = await house.daemon.control.deploy(web, "shop/web:v2", "me");
    const { steps } = await house.ended(id);
    const at = (what: string) => steps.find((s) => s.do === what && s.instance === "shop-web-r1-1-a1")?.at ?? 0;
    expect(at("cut") - at("drain")).toBeGreaterThanOrEqual(200 + 150);
  });
});

describe("the world changes by itself", () => {
  it("a dead instance is replaced by a fresh one", async () => {
    await house.upToTheEnd({ web: {} });
    house.engine.control.crash("shop-web-r1-1-a1");
    const serving = await house.until(async () => {
      const names = await house.serving();
      return names.length === 2 && !names.includes("shop-web-r1-1-a1") ? names : null;
    });
    expect(serving).toContain("shop-web-r1-2-a1");
    await house.until(async () => (await house.daemon.control.instances(web)).length === 2);
  });

  it("what was removed while the daemon was away is made again", async () => {
    await house.upToTheEnd({ web: {} });
    await house.close();
    house.engine.control.vanish("shop-web-r1-2-a1");
    await house.open();
    await house.until(async () => (await house.serving()).length === 2);
  });

  it("an engine that refuses for a while is asked again", async () => {
    await house.upToTheEnd({ web: {} });
    house.engine.control.failNext("start", new Error("no luck"), 2);
    const [next] = await house.upToTheEnd({ web: { image: "shop/web:v2" } });
    expect(next?.outcome).toBe("succeeded");
    expect(house.reports.some((r) => r.includes("no luck"))).toBe(true);
  });
});

describe("rollback", () => {
  it("restores the whole revision and pins it; up says so and leaves it", async () => {
    await house.upToTheEnd({ web: { environment: { A: "1" } } });
    await house.upToTheEnd({ web: { environment: { A: "2" } } });
    const { id } = await house.daemon.control.rollback(web, { to: null, data: false }, "me");
    expect(await house.ended(id)).toMatchObject({ outcome: "succeeded", to: 1 });
    const again = await house.up({ web: { environment: { A: "2" } } });
    expect(again.deployments[0]).toMatchObject({ outcome: "unchanged", to: 1 });
    expect(again.notices.map((n) => n.code)).toContain("pinned");
    const [unpinned] = await house.upToTheEnd({ web: { environment: { A: "2" } } }, { unpin: true });
    expect(unpinned?.outcome).toBe("succeeded");
  });

  it("is over for whom somebody deploys by hand, also the image that is there", async () => {
    await house.upToTheEnd({ web: { environment: { A: "1" } } });
    await house.upToTheEnd({ web: { environment: { A: "2" } } });
    await house.ended((await house.daemon.control.rollback(web, { to: null, data: false }, "me")).id);
    expect((await house.daemon.control.services())[0]?.pinned).toBe(true);
    await house.ended((await house.daemon.control.deploy(web, "shop/web:v1", "me")).id);
    expect((await house.daemon.control.services())[0]?.pinned).toBe(false);
  });
});

describe("one writer", () => {
  it("never runs beside another, whatever happens", async () => {
    const store = {
      web: { replicas: 1, mounts: [{ kind: "volume" as const, source: "data", target: "/data", readOnly: false, createHostPath: false }] },
    };
    await house.upToTheEnd(store);
    const [next] = await house.upToTheEnd({ web: { ...store.web, image: "shop/web:v2" } });
    const order = next?.steps
      .filter((s) => ["create", "drain", "stop", "start", "route"].includes(s.do))
      .map((s) => `${s.do} r${/-r(\d+)-/.exec(s.instance ?? "")?.[1]}`);
    expect(order).toEqual(["create r2", "drain r1", "stop r1", "start r2", "route r2"]);
  });
});
