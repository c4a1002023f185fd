import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { inWords } from "../load/report.ts";
import { ended } from "./ended.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { outOfRotationAt, serversOf } from "./router-socket.ts";
import { rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { pause, until } from "./until.ts";
import { EngineWatch } from "./watch.ts";
import { expectOnlyPostsInFlight } from "./witness.ts";

let instar: Installation;
let watch: EngineWatch;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  watch = await EngineWatch.start(instar.docker);
  port = await freePort();
  await instar.apply("shop", rudeStack({ port }));
});
afterAll(async () => {
  watch?.stop();
  await instar?.wipe();
});

describe("one of three instances is killed under load", () => {
  it("no GET fails, it leaves the rotation at the engine's event, a fresh one takes its place", async () => {
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, webSockets: 3 });
    await pause(1500);
    const [victim, ...others] = await instar.running("web");
    if (victim === undefined) throw new Error("nothing runs");
    expect((await serversOf(instar.home)).get(victim.name)).toBe("up");
    process.kill(victim.pid, "SIGKILL");
    const outAt = await outOfRotationAt(instar.home, victim.name);
    await until("the engine to tell of the death", () => watch.of("die", victim.name));
    await until("a fresh container to serve", async () => {
      const serving = (await instar.instances()).filter((one) => one.phase === "serving");
      return serving.length === 3 && serving.every((one) => one.name !== victim.name);
    });
    await pause(500);
    const result = await load.stop();
    expectOnlyPostsInFlight(result);

    // How soon that is, is a figure (docs/figures.md: wanted within 100 ms); that nothing reaches it afterwards is the claim.
    expect(result.failed.filter((request) => request.sentAt > outAt)).toEqual([]);
    console.log(`  out of the rotation ${Math.round(outAt - (watch.of("die", victim.name)?.at ?? 0))} ms after the engine's event`);

    // The engine's restart policy may bring the dead one back for a moment: it is worn, and goes.
    await until("the dead one to be gone for good", async () => (await instar.running("web")).every((one) => one.id !== victim.id));
    const now = await instar.running("web");
    expect(now).toHaveLength(3);
    expect(now.map((one) => one.id)).toEqual(expect.arrayContaining(others.map((one) => one.id)));
    await expectSteady(instar, "shop/web", { replicas: 3, image: rude("v1") });
    const { events } = await instar.ask<{ events: { instance: string | null; message: string }[] }>("/v1/events?stack=shop");
    expect(events.some((event) => event.instance === victim.name && /137|ended/.test(event.message))).toBe(true);
  });
});

/** Clocks of two processes, and the time a FIN takes. */
const CLOCKS_MS = 150;

describe("the only instance is killed under load", () => {
  it.each([
    ["free", {}],
    ["writer", { volumes: ["/data"] }],
  ])("what was in flight on it may be lost; whatever is sent later waits for its successor: %s", async (stack, more) => {
    const own = await freePort();
    await instar.apply(stack, rudeStack({ port: own, replicas: 1, more }));
    const mine = ({ name }: { readonly name: string }): boolean => name.startsWith(`${stack}-`);
    const load = await startLoad({ url: `http://127.0.0.1:${own}`, rate: 100 });
    await pause(1000);
    const [victim] = (await instar.running("web")).filter(mine);
    if (victim === undefined) throw new Error("nothing runs");
    process.kill(victim.pid, "SIGKILL");
    const diedAt = await ended(victim.pid);
    await until("a fresh container to serve", async () => {
      const serving = (await instar.instances()).filter((one) => one.phase === "serving" && mine(one));
      return serving.length === 1 && serving[0]?.name !== victim.name;
    });
    await pause(500);
    const result = await load.stop();
    console.log(`  ${inWords(result)}`);
    expect(result.failed.filter(({ sentAt }) => sentAt > diedAt + CLOCKS_MS)).toEqual([]);
    await until("the dead one to be gone for good", async () => !(await instar.instances()).some(({ name }) => name === victim.name));
    await expectSteady(instar, `${stack}/web`, { replicas: 1, image: rude("v1") });
  });
});
