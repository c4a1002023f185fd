import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, running } from "../api/running.ts";
import { stackSpec } from "../api/stand-in.ts";
import { upRequest } from "../conformance/up-request.ts";
import { run } from "./spawn.ts";

let r: Running;
const instar = (...args: string[]) => run(args, { INSTAR_HOME: r.home }, r.home);
beforeAll(async () => {
  r = await running();
  await r.control.up(upRequest(stackSpec({ web: {} }, "shop")));
});
afterAll(() => r.stop());

test("drift --json has the contract's keys", async () => {
  const { code, out, err } = await instar("drift", "shop/web", "--json");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const { instances } = JSON.parse(out);
  expect(instances).toMatchObject([{ name: "shop-web-r1-1-a1", verdict: "tainted", causes: [{ kind: "exec", detail: "sh", at: 1500 }] }]);
});

test("drift tells people the verdict, the reason and the causes", async () => {
  const { out } = await instar("drift");
  expect(out).toContain("1 of 1 instances drifted");
  expect(out).toContain("shop-web-r1-1-a1  tainted  exec by a client of the engine: sh");
  expect(out).toContain("1970-01-01T00:00:01.500Z  exec  sh  a client of the engine");
});

test("drift suggest prints what goes into the stack file, and nothing else on stdout", async () =>
  expect((await instar("drift", "suggest", "shop/web")).out).toBe("services:\n  web:\n    x-instar:\n"));

test("drift export writes the layer to a file; an unknown instance is INS3022", async () => {
  const { code, out } = await instar("drift", "export", "shop-web-r1-1-a1");
  expect({ code, out }).toEqual({ code: 0, out: "shop-web-r1-1-a1.tar: the writable layer of shop-web-r1-1-a1\n" });
  expect(readFileSync(join(r.home, "shop-web-r1-1-a1.tar"), "utf8")).toBe("a tar of its layer");
  const gone = await instar("drift", "export", "nobody");
  expect(gone.code).toBe(1);
  expect(gone.err).toContain("INS3022");
});

test("heal says when there is nothing to do; --for wants --keep and a duration", async () => {
  expect(await instar("heal", "shop/web")).toMatchObject({ code: 0, out: "nothing of shop/web has drifted\n" });
  expect((await instar("heal", "shop/web", "--for", "1h")).code).toBe(64);
  expect((await instar("heal", "shop/web", "--keep", "--for", "soon")).err).toContain("not a duration");
});

test("what drift does not do is a usage error", async () => expect((await instar("drift", "remove", "shop/web")).code).toBe(64));
