import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FileSpec } from "../../src/spec/types.ts";
import { upRequest } from "../conformance/up-request.ts";
import { House, stack } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(() => house.wipe());

const file = (more: Partial<FileSpec> = {}): FileSpec => ({
  kind: "secret",
  key: "password",
  external: null,
  target: "/run/secrets/password",
  uid: null,
  gid: null,
  mode: null,
  version: null,
  ...more,
});
const SECRET = "correct-horse-battery";
const sent = (text: string, executable = false) => ({ "secret:password": { base64: Buffer.from(text).toString("base64"), executable } });
const web = (files = [file()]) => ({ web: { image: "shop/web:v1", files } });
const versions = async () =>
  (await house.daemon.control.history({ stack: "shop", service: "web" })).revisions.map(({ spec }) => spec.files?.[0]?.version);
const request = (contents: object) => ({ contents }) as { contents: ReturnType<typeof sent> };
const settled = async (contents: ReturnType<typeof sent>, files = [file()]) => {
  const { deployments } = await house.up(web(files), { contents });
  const [first] = deployments;
  if (first === undefined || first.outcome === "unchanged") return first?.outcome;
  return (await house.ended(first.id)).outcome;
};
const mounted = async () => house.engine.control.container((await house.serving())[0] ?? "").blueprint.files ?? [];

test("an instance mounts the content, read-only at its target; an equal one changes nothing, another one replaces", async () => {
  expect(await settled(sent(SECRET))).toBe("succeeded");
  const [first] = await mounted();
  expect(first?.target).toBe("/run/secrets/password");
  expect(readFileSync(first?.source ?? "", "utf8")).toBe(SECRET);
  expect(await settled(sent(SECRET))).toBe("unchanged");
  expect(await settled(sent("another"))).toBe("succeeded");
  expect(readFileSync((await mounted())[0]?.source ?? "", "utf8")).toBe("another");
  expect(new Set(await versions()).size).toBe(2);
});

test("a rollback mounts the old content", async () => {
  await settled(sent("old"));
  await settled(sent("new"));
  const { id } = await house.daemon.control.rollback({ stack: "shop", service: "web" }, { to: null, data: false }, "test");
  expect((await house.ended(id)).outcome).toBe("succeeded");
  expect(readFileSync((await mounted())[0]?.source ?? "", "utf8")).toBe("old");
});

test("the content is in no answer and not in the store", async () => {
  const { control } = house.daemon;
  const plan = await control.plan({ ...wish(), ...request(sent(SECRET)) });
  expect(readdirSync(join(house.home, "files"))).toEqual(["key"]);
  await settled(sent(SECRET));
  const [one] = await versions();
  const key = { stack: "shop", service: "web" };
  const seen = JSON.stringify([
    plan,
    await control.history(key),
    await control.services(),
    await control.events({}),
    await control.instances(),
  ]);
  const forms = [SECRET, Buffer.from(SECRET).toString("base64"), Buffer.from(SECRET).toString("hex")];
  for (const form of forms) expect(seen).not.toContain(form);
  expect(seen).toContain(one);
  for (const name of readdirSync(house.home).filter((name) => name.startsWith("instar.db"))) {
    const bytes = readFileSync(join(house.home, name)).toString("latin1");
    for (const form of forms) expect(bytes).not.toContain(form);
  }
  expect(plan.services[0]?.action).toBe("create");
});

const wish = () => upRequest(stack(web()));

test("a content that did not come along is INS1031, whatever the client says of its version", async () => {
  await expect(house.up(web())).rejects.toMatchObject({ code: "INS1031", message: expect.stringContaining("the secret password") });
  await expect(house.up(web([file({ version: "a".repeat(64), mode: 0o444 })]))).rejects.toMatchObject({ code: "INS1031" });
  expect(await settled(sent("x"), [file({ version: "a".repeat(64) })])).toBe("succeeded");
  expect(await versions()).not.toContain("a".repeat(64));
});

test("without a mode a file is 0444, an executable one 0555", async () => {
  const mode = async () => (await house.daemon.control.history({ stack: "shop", service: "web" })).revisions[0]?.spec.files?.[0]?.mode;
  await settled(sent("x"));
  expect(await mode()).toBe(0o444);
  await settled(sent("x", true));
  expect(await mode()).toBe(0o555);
});

test("an external one is read on the daemon's host at up, and a later change of it at the next up", async () => {
  const external = [file({ external: "db" })];
  await expect(house.up(web(external))).rejects.toMatchObject({ code: "INS1031", message: expect.stringContaining("external/secrets/db") });
  mkdirSync(join(house.home, "external/secrets"), { recursive: true });
  writeFileSync(join(house.home, "external/secrets/db"), "one");
  expect(await settled({} as never, external)).toBe("succeeded");
  writeFileSync(join(house.home, "external/secrets/db"), "two");
  expect(await settled({} as never, external)).toBe("succeeded");
  expect(readFileSync((await mounted())[0]?.source ?? "", "utf8")).toBe("two");
});

test("a path out of the home is refused as a name", async () => {
  await expect(house.up(web([file({ external: "../../token" })]))).rejects.toMatchObject({ code: "INS1007" });
  await expect(house.up(web([file({ target: "/run/../x" })]), { contents: sent("x") })).rejects.toMatchObject({ code: "INS1004" });
});
