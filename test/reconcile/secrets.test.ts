import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openFiles } from "../../src/files/files.ts";
import { systemClock } from "../../src/reconcile/clock.ts";
import { SecretDesk } from "../../src/reconcile/secret-desk.ts";
import type { FileSpec, ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import { createFakeStore } from "../sim/fake-store.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(() => house.wipe());

const WEB = { stack: "shop", service: "web" };
const file = (external: string, kind: FileSpec["kind"] = "secret"): FileSpec => ({
  ...{ kind, key: "password", external, target: "/run/secrets/password", uid: null, gid: null, mode: null, version: null },
});
const web = (external = "db"): Record<string, Partial<ServiceSpec>> => ({
  web: { image: "shop/web:v1", replicas: 1, files: [file(external)] },
});
const secrets = () => house.daemon.control.secrets;
const set = (name: string, text: string) => secrets().set("secret", name, Buffer.from(text), "alice");
const remove = (name: string, force = false) => secrets().remove("secret", name, { force, who: "alice" });
const outcome = async (services = web()) => (await house.upToTheEnd(services))[0]?.outcome;
const mounted = async () => {
  const [file] = house.engine.control.container((await house.serving())[0] ?? "").blueprint.files ?? [];
  return readFileSync(file?.source ?? "", "utf8");
};
const told = async () =>
  (await house.daemon.control.events({})).filter(({ kind }) => /^(secret|config)\./.test(kind)).map(({ kind, message }) => [kind, message]);

test("what was set is what the next up mounts; a change waits for an up, and then replaces", async () => {
  const first = await set("db", "one");
  expect(first).toMatchObject({ name: "db", bytes: 3, usedBy: [], changed: true, version: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(await outcome()).toBe("succeeded");
  expect(await mounted()).toBe("one");
  expect((await house.daemon.control.history(WEB)).revisions[0]?.spec.files?.[0]?.version).toBe(first.version);
  const [before] = await house.serving();
  expect(await set("db", "two")).toMatchObject({ changed: true, usedBy: ["shop/web"] });
  expect([await mounted(), await house.serving()]).toEqual(["one", [before]]);
  expect((await house.plan(web())).services[0]).toMatchObject({ action: "replace" });
  expect(await outcome()).toBe("succeeded");
  expect(await mounted()).toBe("two");
  expect(await set("db", "two")).toMatchObject({ changed: false });
  expect(await outcome()).toBe("unchanged");
});

test("a list has versions, sizes and who uses them, of each kind its own", async () => {
  const { version, changedAt } = await set("db", "one");
  await set("spare", "another");
  await secrets().set("config", "db", Buffer.from("port = 1"), "alice");
  await outcome();
  expect(await secrets().list("secret")).toEqual([
    { name: "db", version, bytes: 3, changedAt, usedBy: ["shop/web"] },
    { name: "spare", version: expect.any(String), bytes: 7, changedAt: expect.any(Number), usedBy: [] },
  ]);
  expect(await secrets().list("config")).toMatchObject([{ name: "db", bytes: 8, usedBy: [] }]);
});

test("it is used by the file last applied, the revision that is wanted, and jobs", async () => {
  for (const name of ["db", "new", "migration"]) await set(name, "x");
  const users = async () => (await secrets().list("secret")).map(({ name, usedBy }) => `${name} ${usedBy.join()}`);
  await outcome();
  const spec = serviceSpec({ image: "shop/web:v1", files: [file("migration")] });
  const before = { service: "migrate", image: "revision" as const, timeoutMs: 60_000, spec };
  const [deployment] = (await house.up({ web: { ...web("new").web, jobs: { before } } })).deployments;
  expect(await users()).toEqual(["db ", "migration shop/web", "new shop/web"]);
  await house.daemon.control.abort(deployment?.id ?? "", "test");
  await house.ended(deployment?.id ?? "");
  expect(await users()).toEqual(["db shop/web", "migration shop/web", "new shop/web"]);
});

test("one that a service names stays unless it is forced; what runs keeps its copy, and a rollback finds it", async () => {
  await set("db", "one");
  await outcome();
  await set("db", "two");
  await outcome();
  await expect(remove("db")).rejects.toMatchObject({ code: "INS2102", message: expect.stringContaining("shop/web") });
  expect(await remove("db", true)).toMatchObject({ removed: "db", usedBy: ["shop/web"] });
  expect(await mounted()).toBe("two");
  const { id } = await house.daemon.control.rollback(WEB, { to: null, data: false }, "test");
  expect((await house.ended(id)).outcome).toBe("succeeded");
  expect(await mounted()).toBe("one");
  await expect(house.up(web())).rejects.toMatchObject({ code: "INS1031" });
  await expect(remove("db")).rejects.toMatchObject({ code: "INS2100" });
});

test("of a stopped service it is still named, of a stack that is down no more", async () => {
  await set("db", "one");
  await outcome();
  const { id } = await house.daemon.control.stop(WEB, "test");
  await house.ended(id);
  await expect(remove("db")).rejects.toMatchObject({ code: "INS2102" });
  await house.daemon.control.down("shop", { volumes: false, who: "test" });
  expect(await remove("db")).toMatchObject({ removed: "db", usedBy: [] });
});

test("nothing is set by an empty content or under a name that is a path", async () => {
  await set("db", "one");
  await expect(set("db", "")).rejects.toMatchObject({ code: "INS2103" });
  await expect(set("../token", "x")).rejects.toMatchObject({ code: "INS2101" });
  expect(readFileSync(join(house.home, "external/secrets/db"), "utf8")).toBe("one");
  expect((await told()).length).toBe(1);
});

test("each is an event with name and version; of several at once the last event is about what is there", async () => {
  const all = await Promise.all(["one", "two", "three"].map((text) => set("db", text)));
  expect(new Set(all.map(({ version }) => version)).size).toBe(3);
  expect(readFileSync(join(house.home, "external/secrets/db"), "utf8")).toBe("three");
  const [{ version } = { version: "" }] = await secrets().list("secret");
  expect(all.at(-1)?.version).toBe(version);
  expect(await told()).toEqual(all.map((one) => ["secret.set", `the secret db was set by alice: version ${one.version}`]));
  await set("db", "three");
  await remove("db");
  await secrets().set("config", "app", Buffer.from("x"), "bob");
  expect((await told()).slice(-3)).toEqual([
    ["secret.set", `the secret db was set by alice: version ${version}, the same content as before`],
    ["secret.removed", `the secret db was removed by alice: version ${version}`],
    ["config.set", expect.stringMatching(/^the config app was set by bob: version [0-9a-f]{64}$/)],
  ]);
});

test("nothing is written while the one before is not in the events yet", async () => {
  const told = Promise.withResolvers<void>();
  const store = createFakeStore("here");
  const { addEvent } = store;
  const slow: typeof store = Object.assign(store, {
    addEvent: async (...event: Parameters<typeof addEvent>) => {
      await told.promise;
      return addEvent.apply(store, event);
    },
  });
  const files = openFiles(house.home);
  const written: string[] = [];
  const put: typeof files.externals.put = async (kind, name, bytes) => {
    const place = written.push(Buffer.from(bytes).toString());
    await files.externals.put(kind, name, bytes);
    // The second has had all the time that it took to write the first one.
    if (place === 1) setImmediate(() => told.resolve());
  };
  const desk = new SecretDesk({ store: slow, clock: systemClock, files: { ...files, externals: { ...files.externals, put } } });
  const first = desk.set("secret", "db", Buffer.from("one"), "alice");
  const second = desk.set("secret", "db", Buffer.from("two"), "alice");
  await told.promise;
  expect(written).toEqual(["one"]);
  await Promise.all([first, second]);
  expect(written).toEqual(["one", "two"]);
});
