import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Running, running } from "../api/running.ts";
import { run, start } from "./spawn.ts";

let r: Running;
let folder: string;
beforeEach(async () => {
  r = await running();
  folder = await mkdtemp(join(tmpdir(), "instar-up-"));
});
afterEach(async () => {
  await r.stop();
  await rm(folder, { recursive: true, force: true });
});

const put = (name: string, text: string) => writeFile(join(folder, name), text);
const instar = (args: string[], env: Record<string, string> = {}) => run(args, { INSTAR_HOME: r.home, ...env }, folder);
const FILE = "name: shop\nservices:\n  web:\n    image: web:${TAG:-1}\n    deploy: { replicas: 2 }\n";

test("up sends the file as the caller's environment resolves it, and an equal one does nothing", async () => {
  await put("compose.yaml", FILE);
  const first = await instar(["up"], { TAG: "7" });
  expect(first).toMatchObject({ code: 0, err: "" });
  expect(first.out).toMatch(/shop\/web {2}start shop-web-r1-1-a1: .*\n(.*\n)*D1 {2}shop\/web r1 succeeded in \d/);
  expect(r.control.asked[0]).toMatchObject({ detail: { spec: { name: "shop", services: { web: { image: "web:7", replicas: 2 } } } } });
  expect(await instar(["up"], { TAG: "7" })).toEqual({ code: 0, out: "shop is equal to the file; nothing to do\n", err: "" });
  const json = await instar(["up", "--json"], { TAG: "7" });
  expect(JSON.parse(json.out)).toMatchObject({ deployments: [] });
});

test("the flags reach the daemon", async () => {
  await put("other.yaml", FILE);
  await put("vars", "TAG=9\n");
  await instar(["up", "-f", "other.yaml", "--stack", "uat", "--env-file", "vars", "--prune", "--unpin", "--force-file", "--detach"]);
  expect(r.control.asked[0]?.detail).toMatchObject({
    prune: true,
    unpin: true,
    forceFile: true,
    spec: { name: "uat", services: { web: { image: "web:9" } } },
  });
});

test("plan is 2 with changes and 0 without; --dry-run shows the same and is 0", async () => {
  await put("compose.yaml", FILE);
  const plan = await instar(["plan"]);
  expect(plan.code).toBe(2);
  expect(plan.out).toContain("shop/web  create r1\n  + image: web:1  (replaces instances)\n");
  expect(await instar(["up", "--dry-run"])).toMatchObject({ code: 0, out: plan.out });
  expect(JSON.parse((await instar(["plan", "--json"])).out)).toMatchObject({
    stack: "shop",
    changed: true,
    services: [{ action: "create" }],
  });
  expect(r.control.services_.size).toBe(0);
  await instar(["up"]);
  expect(await instar(["plan"])).toMatchObject({ code: 0 });
});

test("a bad file is 65 with file, line and column, and nothing is sent", async () => {
  await put("compose.yaml", "services:\n  web:\n    image: web:1\n    replica: 3\n");
  const words = await instar(["up"]);
  expect(words).toMatchObject({ code: 65, out: "" });
  expect(words.err).toMatch(/^error INS1003 \S*compose\.yaml:4:5 .+ → .+\n$/);
  const json = await instar(["up", "--json"]);
  expect({ code: json.code, out: json.out }).toEqual({ code: 65, out: "" });
  expect(JSON.parse(json.err).error).toMatchObject({
    code: "INS1003",
    at: { file: expect.stringMatching(/compose\.yaml$/), line: 4, column: 5 },
  });
  expect(r.control.asked).toEqual([]);
  await rm(join(folder, "compose.yaml"));
  expect((await instar(["up"])).code).toBe(65);
});

test("a service with build is built first, from its context, and goes up with the result", async () => {
  await put("compose.yaml", "name: shop\nservices:\n  web:\n    build: { context: ., args: { A: b } }\n");
  await put("Dockerfile", "FROM scratch\n");
  const { code, err } = await instar(["up"]);
  expect(code).toBe(0);
  expect(err).toContain("building shop/web from ");
  expect(r.control.asked.map((asked) => asked.call)).toEqual(["build", "up"]);
  expect(r.control.asked[0]?.detail).toMatchObject({ dockerfile: "Dockerfile", args: { A: "b" } });
  expect(r.control.asked[1]?.detail).toMatchObject({ built: { web: "instar/shop-web:built" } });
});

test("a failed build is the build's error, and nothing goes up", async () => {
  await put("compose.yaml", "name: shop\nservices:\n  web:\n    build: { context: ., target: broken }\n");
  await put("Dockerfile", "FROM scratch\n");
  expect(await instar(["up"])).toMatchObject({ code: 1, err: expect.stringContaining("error INS3008 step 2 of 3 ended with 1 → ") });
  expect(r.control.asked.map((asked) => asked.call)).toEqual(["build"]);
});

test("following goes on when the daemon was away for a while", async () => {
  await put("compose.yaml", FILE);
  const following = start(["up"], { INSTAR_HOME: r.home, TAG: "slow" }, folder);
  await following.saw("start shop-web-r1-1-a1");
  await r.restart();
  r.control.release();
  await following.saw("start shop-web-r1-2-a1");
  r.control.release();
  expect(await following.ended).toMatchObject({ code: 0, out: expect.stringContaining("D1  shop/web r1 succeeded") });
});

test("config needs no daemon", async () => {
  await put("compose.yaml", FILE);
  const { code, out } = await run(["config", "--spec", "--json"], { INSTAR_HOME: "/nonexistent" }, folder);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ spec: { name: "shop", services: { web: { image: "web:1" } } } });
});
