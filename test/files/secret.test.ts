import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { secretIn } from "../../src/files/secret.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "instar-secret-"));
});
afterEach(() => rmSync(home, { recursive: true }));

describe.each(["token", "hook-key"] as const)("%s", (name) => {
  test("is made once, for its owner alone, and nothing is left beside it", () => {
    const made = secretIn(home, name);
    expect(made).toMatch(/^[\w-]{43}$/);
    expect(secretIn(home, name)).toBe(made);
    expect(statSync(join(home, name)).mode & 0o777).toBe(0o600);
    expect(readdirSync(home)).toEqual([name]);
  });

  test("a write that broke off is made again", () => {
    writeFileSync(join(home, `${name}.new`), "half");
    expect(secretIn(home, name)).toMatch(/^[\w-]{43}$/);
  });

  test.each(["", "\n", "x".repeat(31), `${"x".repeat(31)} \n`])("%j is refused, and left as it is: INS7008", (content) => {
    writeFileSync(join(home, name), content);
    expect(() => secretIn(home, name)).toThrow(expect.objectContaining({ code: "INS7008" }));
    expect(readFileSync(join(home, name), "utf8")).toBe(content);
  });

  test("one of 32 characters is taken", () => {
    writeFileSync(join(home, name), `${"x".repeat(32)}\n`);
    expect(secretIn(home, name)).toBe("x".repeat(32));
  });
});
