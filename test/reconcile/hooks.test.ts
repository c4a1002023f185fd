import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DeploymentView } from "../../src/reconcile/control.ts";
import type { HookAnswer } from "../../src/reconcile/hooks-port.ts";
import { SIDES } from "../../src/spec/sides.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { House } from "./house.ts";

let house: House;
interface Told {
  readonly url: string;
  readonly event: string;
  readonly delivery: string;
  readonly body: { readonly kind?: string; readonly deployment?: { readonly id: string; readonly outcome: string } };
}
let told: Told[];
let answer: HookAnswer | Error;
beforeEach(async () => {
  house = await House.build();
  told = [];
  answer = { status: 200, body: "{}" };
  house.hook = async (url, message) => {
    told.push({ url, ...message });
    if (answer instanceof Error) throw answer;
    return answer;
  };
});
afterEach(async () => house.wipe());

const URL = "https://ci.example/hook?token=s3cret";
const CONFIRM: ServiceSpec["hooks"] = { confirm: { url: URL, timeoutMs: 60_000 } };
const begin = async (image: string, more: Partial<ServiceSpec>): Promise<DeploymentView> => {
  const { deployments } = await house.up({ web: { image: `shop/web:${image}`, ...more } });
  const [view] = deployments;
  if (view === undefined) throw new Error("nothing was deployed");
  return view;
};
const yes = { status: 200, body: '{"approve": true}' };

describe("hooks.confirm", () => {
  it("is asked before anything changes, and goes on with its yes", async () => {
    await house.upToTheEnd({ web: { image: "shop/web:v1" } });
    const serving = await house.serving();
    const { id } = await begin("v2", { hooks: CONFIRM });
    await house.until(async () => told.length === 1);
    expect(told[0]).toMatchObject({ event: "deployment.confirm", body: { kind: "confirm", deployment: { id, outcome: "running" } } });
    expect(await house.serving()).toEqual(serving);
    answer = yes;
    const ended = await house.ended(id);
    expect(ended.outcome).toBe("succeeded");
    expect(ended.steps.slice(0, 2)).toMatchObject([{ do: "ask" }, { do: "confirm", because: "confirmed by https://ci.example/…" }]);
    expect(
      JSON.stringify([ended, await house.daemon.control.events({}), await house.daemon.control.history({ stack: "shop", service: "web" })]),
    ).not.toContain("s3cret");
  });

  it("leaves everything as it was with its no", async () => {
    await house.upToTheEnd({ web: { image: "shop/web:v1" } });
    answer = { status: 200, body: '{"approve": false, "reason": "freeze until Monday"}' };
    const ended = await house.ended((await begin("v2", { hooks: CONFIRM })).id);
    expect(ended).toMatchObject({ outcome: "rolled-back", reason: "INS5009 https://ci.example/… refused it: freeze until Monday" });
    expect(house.engine.control.calls.some(({ name }) => name.startsWith("shop-web-r2-"))).toBe(false);
  });

  it("takes no answer for none, through a restart, until somebody promotes", async () => {
    await house.upToTheEnd({ web: { image: "shop/web:v1" } });
    answer = new Error("https://ci.example could not be asked: ECONNREFUSED");
    const { id } = await begin("v2", { hooks: CONFIRM });
    await house.until(async () => told.length === 1);
    await house.reopen();
    expect((await house.daemon.control.deployment(id)).outcome).toBe("running");
    await house.daemon.control.sides.promote(id, "ann");
    const ended = await house.ended(id);
    expect(ended.outcome).toBe("succeeded");
    expect(ended.steps.find((step) => step.do === "confirm")?.because).toBe("confirmed by ann");
  });

  it("ends with the time it has", async () => {
    await house.upToTheEnd({ web: { image: "shop/web:v1" } });
    answer = { status: 503, body: "" };
    const ended = await house.ended((await begin("v2", { hooks: { confirm: { url: URL, timeoutMs: 100 } } })).id);
    expect(ended.reason).toBe("INS5009 nobody confirmed within 0.1 s; https://ci.example/… answered 503");
  });

  it.each(["true", "5", "null", '"yes"', "<html>502</html>", ""])("takes %j for no decision", async (body) => {
    await house.upToTheEnd({ web: { image: "shop/web:v1" } });
    answer = { status: 200, body };
    const ended = await house.ended((await begin("v2", { hooks: { confirm: { url: URL, timeoutMs: 50 } } })).id);
    expect(ended.reason).toBe("INS5009 nobody confirmed within 0.05 s; https://ci.example/… has not decided yet");
  });

  it("is the gate of the first step where the new set stands beside the old one", async () => {
    const spec: Partial<ServiceSpec> = { strategy: "blue-green", sides: { ...SIDES["blue-green"], promote: "auto" } };
    await house.upToTheEnd({ web: { image: "shop/web:v1", ...spec } });
    const { id } = await begin("v2", { ...spec, hooks: CONFIRM });
    await house.until(async () => told.length === 1);
    expect((await house.daemon.control.instances()).filter(({ revision }) => revision === 2)).toHaveLength(2);
    expect(house.router.control.serving("be:shop:web:8080").every(({ name }) => name.includes("-r1-"))).toBe(true);
    answer = yes;
    expect((await house.ended(id)).outcome).toBe("succeeded");
    expect(house.router.control.serving("be:shop:web:8080").every(({ name }) => name.includes("-r2-"))).toBe(true);
  });

  it("is not asked where somebody promotes before its turn comes", async () => {
    const spec: Partial<ServiceSpec> = { strategy: "blue-green", sides: SIDES["blue-green"] };
    await house.upToTheEnd({ web: { image: "shop/web:v1", ...spec } });
    house.silent.add(9_999);
    const { id } = await begin("v2", { ...spec, hooks: CONFIRM, ready: { kind: "tcp", port: 9_999 } });
    await house.until(async () => (await house.daemon.control.instances()).some((one) => one.revision === 2 && one.phase === "starting"));
    await house.daemon.control.sides.promote(id, "ann");
    house.silent.clear();
    const ended = await house.ended(id);
    expect([ended.outcome, told.length]).toEqual(["succeeded", 0]);
    expect(ended.steps.filter((step) => step.do === "confirm").map((step) => step.because)).toEqual(["confirmed by ann"]);
  });

  describe("that answers late", () => {
    let say: (said: HookAnswer) => void;
    const no = { status: 200, body: '{"approve": false, "reason": "too late"}' };
    beforeEach(async () => {
      await house.upToTheEnd({ web: { image: "shop/web:v1" } });
      house.hook = async (url, message) => {
        told.push({ url, ...message });
        return new Promise((resolve) => {
          say = resolve;
        });
      };
    });

    it("changes nothing of what somebody has decided meanwhile", async () => {
      const { id } = await begin("v2", { hooks: CONFIRM });
      await house.until(async () => told.length === 1);
      await house.daemon.control.sides.promote(id, "ann");
      say(no);
      const ended = await house.ended(id);
      expect(ended.outcome).toBe("succeeded");
      expect(ended.steps.filter((step) => ["confirm", "refuse"].includes(step.do)).map((step) => step.because)).toEqual([
        "confirmed by ann",
      ]);
    });

    it("changes nothing of a deployment that has ended", async () => {
      const { id } = await begin("v2", { hooks: CONFIRM });
      await house.until(async () => told.length === 1);
      const next = await begin("v3", {});
      const ended = await house.ended(id);
      expect(ended.outcome).toBe("superseded");
      say(no);
      expect((await house.ended(next.id)).outcome).toBe("succeeded");
      expect(await house.daemon.control.deployment(id)).toEqual(ended);
    });
  });

  it("is not asked for a rollback, nor for a scale", async () => {
    answer = yes;
    for (const image of ["v1", "v2"]) await house.ended((await begin(image, { hooks: CONFIRM })).id);
    told = [];
    const key = { stack: "shop", service: "web" };
    await house.ended((await house.daemon.control.scale(key, 1, "me")).id);
    await house.ended((await house.daemon.control.rollback(key, { to: null, data: false }, "me")).id);
    expect(told).toEqual([]);
  });
});

describe("hooks.notify", () => {
  const NOTIFY: ServiceSpec["hooks"] = { notify: { url: URL } };

  it("is told of a deployment's beginning, steps and end, in order", async () => {
    const { id } = await begin("v1", { hooks: NOTIFY });
    await house.ended(id);
    await house.until(async () => told.some(({ event }) => event === "deployment.succeeded"));
    const kinds = told.map(({ event }) => event);
    expect(kinds[0]).toBe("deployment.started");
    expect(kinds).toContain("step.route");
    const numbers = told.map(({ delivery }) => Number(delivery.split("/")[1]));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  it("never holds a deployment up, and goes on after a restart with what it was not told of", async () => {
    let open: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => {
      open = resolve;
    });
    house.hook = async () => {
      await closed;
      throw new Error("gone");
    };
    const { id } = await begin("v1", { hooks: NOTIFY });
    expect((await house.ended(id)).outcome).toBe("succeeded");
    const reopened = house.reopen();
    open();
    house.hook = async (url, message) => {
      told.push({ url, ...message });
      return { status: 204, body: "" };
    };
    await reopened;
    await house.until(async () => told.some(({ event }) => event === "deployment.succeeded"));
    expect(told[0]?.event).toBe("deployment.started");
  });

  it("gives a message up in the end, says so, and does not show the URL", async () => {
    answer = { status: 500, body: "" };
    house.longestWaitMs = 50;
    const { id } = await begin("v1", { hooks: NOTIFY });
    await house.ended(id);
    const failed = await house.until(
      async () => (await house.daemon.control.events({})).find(({ kind }) => kind === "hook.failed") ?? null,
    );
    expect(failed.message).toMatch(/^https:\/\/ci\.example\/… was not told of event \d+ \(deployment\.started\): it answered 500$/);
  });
});

describe("a job after, where the new set stands beside the old one", () => {
  it("decides before anybody is served by it", async () => {
    house.engine.control.images.add("shop/smoke:1");
    house.engine.control.behave("shop/smoke:1", { endsAfterMs: 5, exitCode: 2, readyAfterMs: null });
    const spec: Partial<ServiceSpec> = { strategy: "blue-green", sides: { ...SIDES["blue-green"], promote: "auto" } };
    await house.upToTheEnd({ web: { image: "shop/web:v1", ...spec } });
    const { serviceSpec } = await import("../conformance/service-spec.ts");
    const smoke = serviceSpec({ image: "shop/smoke:1", networks: { default: { aliases: [] } } });
    const jobs: ServiceSpec["jobs"] = { after: { service: "smoke", timeoutMs: 60_000, image: "own", spec: smoke } };
    const ended = await house.ended((await begin("v2", { ...spec, jobs })).id);
    expect(ended).toMatchObject({ outcome: "rolled-back", reason: expect.stringMatching(/the job smoke ended with exit code 2/) });
    expect(ended.steps.filter((step) => step.do === "weigh" && step.because.includes("revision 2 gets 100"))).toEqual([]);
    expect((await house.serving()).every((name) => name.includes("-r1-"))).toBe(true);
  });
});
