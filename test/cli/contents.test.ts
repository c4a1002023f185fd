import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Running, running } from "../api/running.ts";
import { run } from "./spawn.ts";

let r: Running;
let folder: string;
beforeAll(async () => {
  r = await running();
  folder = await mkdtemp(join(tmpdir(), "instar-contents-"));
});
beforeEach(() => r.control.asked.splice(0));
afterAll(async () => {
  await r.stop();
  await rm(folder, { recursive: true });
});

const file = (secret: string) =>
  `name: shop\nservices:\n  web:\n    image: web:1\n    secrets: [password]\nsecrets:\n  password: ${secret}\n`;
const instar = async (text: string, args: string[], env: Record<string, string> = {}) => {
  await writeFile(join(folder, "compose.yaml"), text);
  return run(args, { INSTAR_HOME: r.home, ...env }, folder);
};
const contents = () => r.control.asked.map(({ detail }) => (detail as { contents?: unknown }).contents);

test("a file goes along byte for byte, with whether it is executable; nothing of it is printed", async () => {
  const bytes = Buffer.from([0, 200, 10]);
  await writeFile(join(folder, "pw"), bytes);
  const plan = await instar(file("{file: ./pw}"), ["plan", "--json"]);
  await chmod(join(folder, "pw"), 0o700);
  const up = await instar(file("{file: ./pw}"), ["up", "--json"]);
  expect([plan.code, up.code]).toEqual([2, 0]);
  expect(contents()).toEqual([{ "secret:password": { base64: bytes.toString("base64"), executable: true } }]);
  expect(plan.out + up.out + plan.err + up.err).not.toContain(bytes.toString("base64"));
});

test("a variable goes along as its text, and config shows nothing of it", async () => {
  const env = { PASSWORD: "correct-horse" };
  await instar(file("{environment: PASSWORD}"), ["up", "--detach"], env);
  expect(contents()).toEqual([{ "secret:password": { base64: Buffer.from("correct-horse").toString("base64"), executable: false } }]);
  const { out, code } = await instar(file("{environment: PASSWORD}"), ["config", "--json"], env);
  expect(code).toBe(0);
  expect(out).not.toMatch(/correct-horse|Y29ycmVjdC1ob3JzZQ/);
});

test.each([
  ["{file: ./gone}", /^error INS1031 \S*compose\.yaml:7:20 secrets\.password: \S*\/gone does not exist → /],
  ["{file: .}", /^error INS1031 \S*compose\.yaml:7:20 secrets\.password: \S+ is not a plain file → /],
  ["{file: ./large}", /^error INS1012 \S*compose\.yaml:7:20 secrets\.password: the content is larger than 1024 KiB → /],
  ["{environment: GONE}", /^error INS1005 \S*compose\.yaml:7:27 secrets\.password\.environment: the variable GONE is not set → /],
])("%s: nothing is sent", async (secret, words) => {
  await writeFile(join(folder, "large"), Buffer.alloc(1024 * 1024 + 1));
  const { code, err } = await instar(file(secret), ["up"]);
  expect(code).toBe(65);
  expect(err).toMatch(words);
  expect(r.control.asked).toEqual([]);
});
