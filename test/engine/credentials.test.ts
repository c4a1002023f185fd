import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { credentialsIn } from "../../src/engine/docker/credentials.ts";

const before = process.env["PATH"];
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "instar-logins-"));
  process.env["PATH"] = `${folder}${delimiter}${before}`;
});
afterEach(() => {
  process.env["PATH"] = before;
  rmSync(folder, { recursive: true });
});

const config = (content: object): void => writeFileSync(join(folder, "config.json"), JSON.stringify(content));
const helper = (name: string, script: string): void => {
  writeFileSync(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, `docker-credential-${name}`), 0o755);
};
const of = (domain: string) => credentialsIn(folder).of(domain);

test("a name with its password, and a refresh token before both", async () => {
  const auth = Buffer.from("ann:pass:word").toString("base64");
  config({ auths: { "reg.example": { auth }, "azure.example": { auth, identitytoken: "refresh" } } });
  expect(await of("reg.example")).toEqual({ username: "ann", password: "pass:word", serveraddress: "reg.example" });
  expect(await of("azure.example")).toEqual({ identitytoken: "refresh", serveraddress: "azure.example" });
  expect(await of("other.example")).toBeNull();
});

test("a helper is told the server; the name <token> means that its secret is a refresh token", async () => {
  config({ credHelpers: { "reg.example": "one", "azure.example": "two", "none.example": "three", "bad.example": "four" } });
  helper("one", `read -r server; echo "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"word\\"}"`);
  helper("two", `echo '{"Username":"<token>","Secret":"refresh"}'`);
  helper("three", "echo credentials not found in native keychain; exit 1");
  helper("four", "echo locked; exit 1");
  expect(await of("reg.example")).toEqual({ username: "reg.example", password: "word", serveraddress: "reg.example" });
  expect(await of("azure.example")).toEqual({ identitytoken: "refresh", serveraddress: "azure.example" });
  expect(await of("none.example")).toBeNull();
  await expect(of("bad.example")).rejects.toMatchObject({ code: "INS3004", message: expect.stringContaining("locked") });
});

test("a helper that waits for somebody is ended with all that it began, and named", async () => {
  config({ credsStore: "waiting" });
  helper("waiting", `sleep 20 & echo $! > ${folder}/child; wait; exit 1`);
  await expect(credentialsIn(folder, 500).of("reg.example")).rejects.toMatchObject({
    code: "INS3004",
    message: expect.stringMatching(/docker-credential-waiting did not answer .*reg\.example/),
  });
  const child = readFileSync(join(folder, "child"), "utf8").trim();
  await vi.waitFor(() => expect(runs(child)).toBe(false));
});

test("a helper that says too much is ended, and one that says no JSON is named", async () => {
  config({ credHelpers: { "much.example": "much", "words.example": "words" } });
  helper("much", "head -c 3000000 /dev/zero | tr '\\0' x");
  helper("words", "echo hello");
  await expect(of("much.example")).rejects.toMatchObject({ code: "INS3004", message: expect.stringMatching(/-much gives more than/) });
  await expect(of("words.example")).rejects.toMatchObject({ code: "INS3004", message: expect.stringMatching(/-words gives no login/) });
});

/** What has ended and is not yet waited for has no command line. */
function runs(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8") !== "";
  } catch {
    return false;
  }
}
