import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Api, createApi } from "../../src/api/server.ts";
import { StandIn } from "../api/stand-in.ts";
import { run } from "./spawn.ts";

let home: string;
let away: string;
let api: Api;
let control: StandIn;
beforeEach(async () => {
  [home, away] = [mkdtempSync(join(tmpdir(), "instar-cli-")), mkdtempSync(join(tmpdir(), "instar-cli-"))];
  control = new StandIn();
  api = createApi({
    control,
    token: "t",
    log: pino({ level: "silent" }),
    version: "0",
    backup: () => Promise.reject(new Error("not here")),
  });
  await api.listen({ socket: join(home, "instar.sock"), address: null });
  mkdirSync(join(away, "src"));
  writeFileSync(join(away, "src/Dockerfile"), "FROM scratch\n");
  writeFileSync(
    join(away, "compose.yaml"),
    `name: shop
services:
  web: { build: ./src, image: "reg.example:5000/shop/web:1.4" }
  work: { build: ./src }
  db: { image: "mariadb:11" }
`,
  );
});
afterEach(async () => {
  await api.close();
  for (const folder of [home, away]) rmSync(folder, { recursive: true });
});

const instar = (...args: string[]) => run(["build", ...args], { INSTAR_HOME: home }, away);
const asked = () => control.asked.filter(({ call }) => call === "build").length;

test("every service with a build, or the one that is named; nothing is deployed", async () => {
  expect(await instar()).toMatchObject({ code: 0, out: "shop/web  instar/shop-web:built\nshop/work  instar/shop-work:built\n" });
  expect(await instar("work", "--json")).toMatchObject({
    code: 0,
    out: '{"images":[{"stack":"shop","service":"work","image":"instar/shop-work:built"}]}\n',
  });
  expect(control.asked.map(({ call }) => call)).toEqual(["build", "build", "build"]);
});

test("--push puts it where the file's image says", async () => {
  const image = "instar/shop-web:built";
  const pushed = { reference: "reg.example:5000/shop/web:1.4", digest: "sha256:d1" };
  expect(JSON.parse((await instar("web", "--push", "--json")).out)).toEqual({ images: [{ stack: "shop", service: "web", image, pushed }] });
  expect((await instar("web", "--push")).out).toBe(`shop/web  ${image}  pushed as ${pushed.reference}@${pushed.digest}\n`);
});

test.each([
  ["one that the file does not have", ["nobody"], "INS2001 the file has no service nobody → one of db, web, work"],
  ["one that is not built", ["db"], "INS2001 the service db has no build"],
  ["one that has no name elsewhere", ["--push"], "INS2001 the file does not say where work is pushed to"],
])("%s is refused before anything is built", async (_, args, words) => {
  expect(await instar(...args)).toMatchObject({ code: 64, err: expect.stringContaining(words) });
  expect(asked()).toBe(0);
});
