import { afterEach, beforeEach, expect, it } from "vitest";
import { Callers } from "./callers.ts";
import { House } from "./house.ts";

let house: House;
let callers: Callers;
/** A push as Docker Hub tells of it: who sends it wants to hear how it went. */
const hub = (tag: string, when: number) => ({
  callback_url: `https://registry.hub.docker.com/u/shop/web/hook/${when}/`,
  push_data: { pushed_at: when, pusher: "me", tag },
  repository: { repo_name: "acme/web" },
});

beforeEach(async () => {
  house = await House.build();
  house.engine.control.images.publish("acme/web:1", "one");
  await house.upToTheEnd({ web: { image: "acme/web:1", replicas: 1 } });
  callers = await Callers.at(house);
});
afterEach(async () => {
  await callers.close();
  await house.wipe();
});

it("is told once, when the deployment has ended; at once where there was nothing to do", async () => {
  const { path } = await callers.make();
  house.engine.control.images.publish("acme/web:1", "two");
  const { deployment } = (await callers.call(path, hub("1", 1))).json;
  await house.ended(deployment);
  await house.until(async () => house.calledBack.length === 1);
  expect(house.calledBack[0]).toEqual({
    url: hub("1", 1).callback_url,
    report: { state: "success", description: `${deployment} succeeded` },
  });
  expect((await callers.call(path, hub("1", 1))).json.replayed).toBe(true);
  await callers.call(path, hub("1", 2));
  await house.until(async () => house.calledBack.length === 2);
  expect(house.calledBack[1]?.report.state).toBe("success");
  expect((await callers.told()).filter(({ kind }) => kind === "trigger.callback")).toHaveLength(2);
});

it("is told, too, where the body says nothing that makes it another one", async () => {
  const { path } = await callers.make();
  house.engine.control.images.publish("acme/web:1", "two");
  const { push_data, ...rest } = hub("1", 5);
  const { deployment } = (await callers.call(path, { ...rest, push_data: { tag: push_data.tag } })).json;
  await house.ended(deployment);
  await house.until(async () => house.calledBack.length === 1);
  expect(house.calledBack[0]).toMatchObject({ url: rest.callback_url, report: { state: "success" } });
});

it("is told after a restart what ended meanwhile, and not twice", async () => {
  const { path } = await callers.make({ anyTag: true });
  house.engine.control.images.publish("acme/web:bad", "bad");
  house.engine.control.behave("acme/web:bad", { endsAfterMs: 5, exitCode: 3, readyAfterMs: null, lines: [] });
  const { deployment } = (await callers.call(path, hub("bad", 3))).json;
  await callers.close();
  await house.reopen();
  await house.ended(deployment);
  await house.until(async () => house.calledBack.length === 1);
  expect(house.calledBack[0]?.report).toMatchObject({ state: "failure", description: expect.stringContaining("rolled-back") });
  await house.reopen();
  callers = await Callers.at(house);
  expect(house.calledBack).toHaveLength(1);
});

it("is told nothing of a call that is refused", async () => {
  const { path } = await callers.make();
  expect((await callers.call(path, { ...hub("1", 4), repository: { repo_name: "evil/web" } })).status).toBe(409);
  expect(house.calledBack).toEqual([]);
});

it("is called back once for each push, also by a trigger that scales up", async () => {
  const { path } = await callers.make({ kind: "scale-up", by: 1, most: 2 });
  const { deployment } = (await callers.call(path, hub("1", 1))).json;
  await house.ended(deployment);
  await house.until(async () => house.calledBack.length > 0);
  // The next one finds as many instances as it may, and is told so at once.
  await callers.call(path, hub("1", 2));
  await house.until(async () => house.calledBack.length > 1);
  expect(house.calledBack).toEqual([
    { url: hub("1", 1).callback_url, report: { state: "success", description: `${deployment} succeeded` } },
    { url: hub("1", 2).callback_url, report: { state: "success", description: expect.any(String) } },
  ]);
});
