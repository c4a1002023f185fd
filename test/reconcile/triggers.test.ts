import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Callers, signed, wrongly } from "./callers.ts";
import { House } from "./house.ts";

const web = { stack: "shop", service: "web" };
const IMAGE = "reg.example/shop/web";
let house: House;
let callers: Callers;
const publish = (content: string, tag = "1.4") => house.engine.control.images.publish(`${IMAGE}:${tag}`, content);
const service = { image: `${IMAGE}:1.4`, replicas: 1 };
const push = (tag = "1.4", more: object = {}) => ({ image: IMAGE, tag, ...more });

beforeEach(async () => {
  house = await House.build();
  publish("one");
  await house.upToTheEnd({ web: service });
  callers = await Callers.at(house);
});
afterEach(async () => {
  await callers.close();
  await house.wipe();
});

describe("who may call", () => {
  it("whoever has the secret; an unknown trigger and a wrong secret get the same answer, and both are events", async () => {
    const { path, trigger } = await callers.make();
    const unknown = await callers.call(`/hooks/t0000000000/${"x".repeat(43)}`);
    const wrong = await callers.call(wrongly(path));
    expect([unknown.status, wrong.status]).toEqual([404, 404]);
    expect(wrong.json).toEqual(unknown.json);
    expect((await callers.told()).slice(-2)).toMatchObject([
      { kind: "trigger.refused", service: null, message: expect.stringContaining("unknown trigger from 127.0.0.1") },
      { kind: "trigger.refused", service: "web", message: expect.stringContaining(`${trigger.id} refused: a wrong secret`) },
    ]);
    expect(await callers.deployments()).toBe(1);
  });

  it("guessing is answered with 429 from the eleventh on, in one event; the right secret is never kept waiting", async () => {
    const { path } = await callers.make();
    for (let n = 0; n < 10; n++) expect((await callers.call(wrongly(path))).status).toBe(404);
    const before = (await callers.told()).length;
    for (let n = 0; n < 5; n++)
      expect(await callers.call(wrongly(path))).toMatchObject({ status: 429, json: { error: { code: "INS2057" } } });
    expect((await callers.told()).length).toBe(before);
    expect((await callers.call(path)).status).toBe(200);
  });

  it("calls of one trigger are at most sixty in a minute", async () => {
    const { path } = await callers.make();
    const headers = { "idempotency-key": "one" };
    for (let n = 0; n < 60; n++) expect((await callers.call(path, push(), headers)).status).toBe(200);
    expect(await callers.call(path, push(), headers)).toMatchObject({ status: 429, json: { error: { code: "INS2057" } } });
  });

  it("a signature is over the very body, with the key that was shown once", async () => {
    const { path, hmacKey } = await callers.make({ hmac: true });
    const body = JSON.stringify(push());
    for (const headers of [{}, { "x-hub-signature-256": "sha256=00" }, signed("another key", body), signed(hmacKey ?? "", `${body} `)]) {
      expect(await callers.call(path, body, headers)).toMatchObject({ status: 401, json: { error: { code: "INS2051" } } });
      expect(await callers.last()).toMatchObject({ kind: "trigger.refused", message: expect.stringContaining("INS2051") });
    }
    expect((await callers.call(path, body, signed(hmacKey ?? "", body))).status).toBe(200);
  });

  it("calls without a right signature are told to wait from the eleventh on, and take nothing from those that are signed", async () => {
    const { path, hmacKey } = await callers.make({ hmac: true });
    const body = JSON.stringify(push());
    const large = JSON.stringify(push("1.4", { fill: "x".repeat(256 * 1024) }));
    expect((await callers.call(path, large)).json).toMatchObject({ error: { code: "INS2010" } });
    for (let n = 1; n < 10; n++) expect((await callers.call(path, body)).json).toMatchObject({ error: { code: "INS2051" } });
    const before = (await callers.told()).length;
    for (let n = 0; n < 60; n++) expect((await callers.call(path, body)).json).toMatchObject({ error: { code: "INS2057" } });
    expect((await callers.told()).length).toBe(before);
    const headers = { ...signed(hmacKey ?? "", body), "idempotency-key": "one" };
    for (let n = 0; n < 60; n++) expect((await callers.call(path, body, headers)).status).toBe(200);
    expect(await callers.call(path, body, headers)).toMatchObject({ status: 429, json: { error: { code: "INS2057" } } });
    // Another trigger's calls are its own.
    const other = await callers.make({ hmac: true });
    expect((await callers.call(other.path, body)).json).toMatchObject({ error: { code: "INS2051" } });
  });

  describe("a signed call that somebody sends again under another delivery id", () => {
    const again = async (how: Parameters<Callers["make"]>[0], text: string) => {
      const { path, hmacKey } = await callers.make({ hmac: true, ...how });
      const call = (id: string, type = "application/json") =>
        callers.call(path, text, { ...signed(hmacKey ?? "", text), "idempotency-key": id, "x-github-delivery": id, "content-type": type });
      const asForm = async () => (await call("three", "application/x-www-form-urlencoded")).json;
      return { first: (await call("one")).json, next: async () => (await call("two")).json, asForm };
    };

    it("does not bring an older digest back", async () => {
      const digest = publish("one").shown;
      publish("two");
      const replay = await again({}, JSON.stringify({ image: IMAGE, digest }));
      await house.ended((await house.daemon.control.redeploy(web, "me")).id);
      const before = await callers.deployments();
      expect([await replay.next(), await callers.deployments()]).toMatchObject([{ replayed: true }, before]);
    });

    it("nor adds instances, nor tells an older body; one with an id of its own in the body is known by that", async () => {
      for (const [how, text] of [
        [{ kind: "scale-up" }, '{"alert":7}'],
        [{ kind: "scale-up" }, JSON.stringify(push("1.4", { id: "seven" }))],
        [{ body: true }, "older words"],
        [{ anyTag: true }, JSON.stringify(push())],
      ] as const) {
        const { first, next, asForm } = await again(how, text);
        expect(first).toMatchObject({ accepted: true, replayed: false });
        expect(await asForm()).toMatchObject({ replayed: true, deployment: first.deployment });
        expect(await next()).toMatchObject({ replayed: true, deployment: first.deployment });
      }
    });

    it("but what only looks at the service's tag looks again: a pipeline signs the same words each time", async () => {
      const { next } = await again({}, JSON.stringify(push()));
      publish("two");
      expect(await next()).toMatchObject({ replayed: false, deployment: expect.stringMatching(/^D/) });
    });
  });

  it("a body over 256 KiB is refused, once it is known who calls", async () => {
    const { path } = await callers.make();
    const large = JSON.stringify(push("1.4", { fill: "x".repeat(256 * 1024) }));
    expect(await callers.call(path, large)).toMatchObject({ status: 413, json: { error: { code: "INS2010" } } });
    expect(await callers.last()).toMatchObject({ kind: "trigger.refused", message: expect.stringContaining("INS2010") });
    expect((await callers.call(wrongly(path), large)).status).toBe(404);
  });

  it("the secret and the key are nowhere but in the answer; both hold over a restart", async () => {
    const { path, hmacKey } = await callers.make({ hmac: true });
    const secret = path.split("/").at(-1) ?? "";
    await callers.close();
    await house.reopen();
    for (const name of readdirSync(house.home).filter((file) => file.startsWith("instar.db"))) {
      const bytes = readFileSync(join(house.home, name));
      expect([bytes.includes(secret), bytes.includes(hmacKey ?? "")]).toEqual([false, false]);
    }
    callers = await Callers.at(house);
    expect((await callers.call(path, "", signed(hmacKey ?? "", ""))).status).toBe(200);
  });

  it("one that was removed is unknown", async () => {
    const { path, trigger } = await callers.make();
    await house.daemon.control.triggers.remove(trigger.id, "me");
    expect((await callers.call(path)).status).toBe(404);
    expect(await house.daemon.control.triggers.list()).toEqual([]);
    await expect(house.daemon.control.triggers.remove(trigger.id, "me")).rejects.toMatchObject({ code: "INS2050" });
  });
});

describe("what a call does", () => {
  it("a push of the service's tag is deployed: what the tag is now, with the trigger as the cause", async () => {
    const { path, trigger } = await callers.make();
    const { shown } = publish("two");
    const { status, json } = await callers.call(path, push());
    expect({ status, json }).toMatchObject({
      status: 200,
      json: { accepted: true, replayed: false, reason: expect.stringContaining(shown) },
    });
    const deployment = await house.ended(json.deployment);
    expect(deployment).toMatchObject({ outcome: "succeeded", cause: { kind: "trigger", who: `trigger:${trigger.id}` } });
    expect((await house.daemon.control.services())[0]).toMatchObject({ digest: shown, image: `${IMAGE}:1.4` });
    expect(await callers.last()).toMatchObject({ kind: "trigger.called", deployment: json.deployment });
    expect((await house.up({ web: service })).deployments[0]?.outcome).toBe("unchanged");
  });

  it("without a body gives fresh instances even of the same digest, as the button did", async () => {
    const { path } = await callers.make();
    const before = await house.serving();
    await house.ended((await callers.call(path)).json.deployment);
    expect(await house.serving()).not.toEqual(before);
    expect((await house.daemon.control.services())[0]?.revision).toBe(1);
  });

  it("a delivery told again does nothing twice, and names the same deployment; nor does another one of the same digest", async () => {
    const { path } = await callers.make();
    const two = publish("two");
    const body = push("1.4", { id: "run-1", digest: two.shown });
    const [first, twin] = await Promise.all([callers.call(path, body), callers.call(path, body)]);
    const again = await callers.call(path, body);
    expect([first.json.deployment, twin.json.deployment, again.json.deployment]).toEqual(Array(3).fill("D2"));
    expect([first.json.replayed, twin.json.replayed].sort()).toEqual([false, true]);
    expect(again.json.replayed).toBe(true);
    await house.ended("D2");
    const other = await callers.call(path, push("1.4", { id: "run-2", digest: two.shown }));
    expect(other.json).toMatchObject({ accepted: true, deployment: null, reason: "revision 2 has this digest already" });
    expect(await callers.deployments()).toBe(2);
    expect((await callers.told()).filter(({ kind }) => kind === "trigger.replayed")).toHaveLength(2);
  });

  it("ten pushes at once end with the last digest, in two deployments at most", async () => {
    const { path } = await callers.make();
    const answers = Array.from({ length: 10 }, (_, n) => {
      publish(`push ${n}`);
      return callers.call(path, push("1.4", { id: `run-${n}` }));
    });
    const last = publish("push 9");
    expect((await Promise.all(answers)).every(({ status }) => status === 200)).toBe(true);
    await house.until(async () => (await house.daemon.control.services())[0]?.deployment === null);
    expect((await house.daemon.control.services())[0]?.digest).toBe(last.shown);
    expect(await callers.deployments()).toBeLessThanOrEqual(3);
  });

  it("a digest on purpose is deployed although the tag is elsewhere", async () => {
    const { path } = await callers.make();
    const two = publish("two", "other");
    await house.ended((await callers.call(path, { image: IMAGE, digest: two.shown })).json.deployment);
    expect((await house.daemon.control.services())[0]).toMatchObject({ digest: two.shown, image: `${IMAGE}:1.4` });
  });

  it("pushed from this very engine, which does not know the digest yet, it is known by the digest all the same", async () => {
    const { path } = await callers.make();
    const here = house.engine.control.images.add(`${IMAGE}:1.4`, "two");
    const two = publish("two");
    await house.ended((await callers.call(path, push("1.4", { digest: two.shown }))).json.deployment);
    expect((await house.daemon.control.services())[0]).toMatchObject({ digest: two.shown, image: `${IMAGE}:1.4` });
    // Something else made here under that name stays what the tag is on this engine.
    const other = house.engine.control.images.add(`${IMAGE}:1.4`, "three");
    publish("four");
    const four = house.engine.control.images.published(`${IMAGE}:1.4`);
    await house.ended((await callers.call(path, push("1.4", { digest: four?.shown }))).json.deployment);
    expect((await house.daemon.control.services())[0]).toMatchObject({ digest: other.shown });
    expect(other.shown).not.toBe(here.shown);
  });

  it("another tag is refused, and deployed by a trigger that takes any; up keeps it", async () => {
    publish("five", "1.5");
    const strict = await callers.make();
    expect(await callers.call(strict.path, push("1.5"))).toMatchObject({ status: 409, json: { error: { code: "INS2053" } } });
    const any = await callers.make({ anyTag: true });
    const { deployment } = (await callers.call(any.path, push("1.5"))).json;
    await house.ended(deployment);
    expect((await house.daemon.control.services())[0]?.image).toBe(`${IMAGE}:1.5`);
    expect(await house.up({ web: service })).toMatchObject({ kept: [`web: image from deployment ${deployment}`] });
  });

  it("what failed is not tried again by itself", async () => {
    const { path } = await callers.make({ anyTag: true });
    publish("broken", "bad");
    house.engine.control.behave(`${IMAGE}:bad`, { endsAfterMs: 5, exitCode: 3, readyAfterMs: null, lines: [] });
    const first = await callers.call(path, push("bad"));
    expect((await house.ended(first.json.deployment)).outcome).toBe("rolled-back");
    const second = await callers.call(path, push("bad"));
    expect(second).toMatchObject({
      status: 409,
      json: { error: { code: "INS2055", message: expect.stringContaining("D2, which was rolled-back") } },
    });
    publish("mended", "bad");
    house.engine.control.behave(`${IMAGE}:bad`, {});
    expect((await house.ended((await callers.call(path, push("bad"))).json.deployment)).outcome).toBe("succeeded");
  });

  it.each([
    ["stopped", "INS2054", async () => house.ended((await house.daemon.control.stop(web, "me")).id)],
    ["pinned", "INS2008", async () => house.ended((await house.daemon.control.rollback(web, { to: 1, data: false }, "me")).id)],
    ["gone", "INS2002", async () => house.daemon.control.down("shop", { volumes: false, who: "me" })],
  ])("a service that is %s is left alone: %s", async (_state, code, make) => {
    const { path } = await callers.make();
    await make();
    publish("two");
    const before = await callers.deployments();
    for (const body of [undefined, push()]) expect((await callers.call(path, body)).json).toMatchObject({ error: { code } });
    expect(await callers.last()).toMatchObject({ kind: "trigger.refused", message: expect.stringContaining(code) });
    expect(await callers.deployments()).toBe(before);
  });

  it("an image that runs by its id is nobody's to push: INS2054", async () => {
    const { runnable } = house.engine.control.images.add("shop/here:1", "here");
    await house.ended((await house.daemon.control.deploy(web, runnable, "me")).id);
    const { path } = await callers.make();
    expect(await callers.call(path, push())).toMatchObject({ status: 409, json: { error: { code: "INS2054" } } });
  });

  it("the name of a registry's host is the same in upper case", async () => {
    house.engine.control.images.publish("Reg.example/shop/web:1.4", "one");
    await house.ended((await house.daemon.control.deploy(web, "Reg.example/shop/web:1.4", "me")).id);
    const { path } = await callers.make();
    const two = house.engine.control.images.publish("Reg.example/shop/web:1.4", "two");
    const called = async (image: string) => (await callers.call(path, push("1.4", { image }))).json;
    await house.ended((await called("Reg.example/shop/web")).deployment);
    expect(await called("reg.example/shop/web")).toMatchObject({ accepted: true, reason: expect.stringContaining("already") });
    expect((await house.daemon.control.services())[0]).toMatchObject({ digest: two.shown, image: "Reg.example/shop/web:1.4" });
  });

  it("an unknown form is refused, an image that cannot be had too", async () => {
    const { path } = await callers.make({ anyTag: true });
    expect(await callers.call(path, { alerts: [] })).toMatchObject({ status: 400, json: { error: { code: "INS2052" } } });
    expect(await callers.call(path, push("none"))).toMatchObject({ status: 404, json: { error: { code: "INS3004" } } });
    expect(await callers.last()).toMatchObject({ kind: "trigger.refused", message: expect.stringContaining("INS3004") });
  });
});

describe("what instances are told", () => {
  const told = async () => (await house.daemon.control.history(web)).revisions[0]?.spec.environment;

  it("the body, where the trigger says so, until the next call; up keeps it and --force-file takes it away", async () => {
    const { path } = await callers.make({ body: true });
    await house.ended((await callers.call(path, '{"ref":"main"}')).json.deployment);
    expect(await told()).toEqual({ INSTAR_TRIGGER_BODY: '{"ref":"main"}' });
    const kept = await house.up({ web: service });
    expect([kept.deployments[0]?.outcome, kept.kept]).toEqual(["unchanged", ["web: trigger body from deployment D2"]]);
    await house.ended((await callers.call(path, push())).json.deployment);
    expect(await told()).toEqual({ INSTAR_TRIGGER_BODY: JSON.stringify(push()) });
    expect((await callers.call(path, push())).json).toMatchObject({ deployment: null, reason: expect.stringContaining("already") });
    await house.upToTheEnd({ web: service }, { forceFile: true });
    expect(await told()).toEqual({});
  });

  it("an empty call takes the body of before away; where there is none it gives fresh instances, and says so", async () => {
    const { path } = await callers.make({ body: true });
    const call = async (body: string) => {
      const { deployment, reason } = (await callers.call(path, body)).json;
      return [reason, (await house.ended(deployment)).to];
    };
    expect(await call("")).toEqual(["the tag was resolved again", 1]);
    expect(await call("words")).toEqual(["called with a body", 2]);
    expect(await call("")).toEqual(["the tag was resolved again, and the body of an earlier call is taken away", 3]);
    expect(await told()).toEqual({});
    expect(await call("")).toEqual(["the tag was resolved again", 3]);
  });

  it.each([
    ["too long for a variable", "x".repeat(32 * 1024 + 1), 413, "INS2010"],
    ["with a NUL", "a\0b", 400, "INS2052"],
  ])("nothing that is %s", async (_case, body, status, code) => {
    const { path } = await callers.make({ body: true });
    expect(await callers.call(path, body)).toMatchObject({ status, json: { error: { code } } });
    expect(await callers.deployments()).toBe(1);
  });
});

describe("scale-up", () => {
  it("adds so many, never beyond its number; the same call again adds none", async () => {
    const { path } = await callers.make({ kind: "scale-up", by: 2, most: 4 });
    const call = (id: string) => callers.call(path, { alert: "busy" }, { "idempotency-key": id });
    const twins = await Promise.all([call("a"), call("a")]);
    expect(twins.map(({ json }) => [json.deployment, json.reason])).toEqual(Array(2).fill(["D2", "from 1 to 3 instances"]));
    expect((await call("a")).json).toMatchObject({ deployment: "D2", replayed: true });
    expect((await call("b")).json.reason).toBe("from 3 to 4 instances");
    expect((await call("c")).json).toMatchObject({ deployment: null, reason: "it has 4 instances, and the trigger stops at 4" });
    await house.until(async () => (await house.serving()).length === 4);
    expect((await house.daemon.control.history(web)).deployments[0]).toMatchObject({ cause: { kind: "trigger" }, to: 1 });
  });

  it("has no use for a body", async () => {
    await expect(callers.make({ kind: "scale-up", body: true })).rejects.toMatchObject({ code: "INS2001" });
  });
});
