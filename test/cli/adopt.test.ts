import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Running, running } from "../api/running.ts";
import { run } from "./spawn.ts";

let r: Running;
const instar = (...args: string[]) => run(args, { INSTAR_HOME: r.home });
beforeAll(async () => {
  r = await running();
});
beforeEach(() => r.control.asked.splice(0));
afterAll(() => r.stop());

test.each([
  [["--undo", "--dry-run"], "INS2001 --dry-run does not go with --undo"],
  [["--finish", "--dry-run"], "INS2001 --dry-run does not go with --finish"],
  [["--undo", "--finish"], "INS2001 --undo and --finish exclude each other"],
  [["--stack", "other"], "INS2001 unknown option '--stack'"],
])("adopt %j is refused, and nothing is asked of the daemon", async (options, words) => {
  expect(await instar("adopt", "old", ...options, "--yes")).toMatchObject({ code: 64, out: "", err: expect.stringContaining(words) });
  expect(r.control.asked).toEqual([]);
});

test("adopt --undo and --finish do it, and say what they did", async () => {
  expect(await instar("adopt", "old", "--undo", "--yes")).toEqual({ code: 0, out: "running again old-web-1\n", err: "" });
  expect(JSON.parse((await instar("adopt", "old", "--finish", "--yes", "--json")).out)).toEqual({ containers: ["old-web-1"] });
  expect(r.control.asked.map(({ call }) => call)).toEqual(["undoAdoption", "finishAdoption"]);
});
