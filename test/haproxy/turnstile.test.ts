import { expect, test } from "vitest";
import { Turnstile } from "../../src/haproxy/turnstile.ts";

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("so many at once, in their order, and one alone when it is his turn", async () => {
  const turns = new Turnstile(2);
  const seen: string[] = [];
  let inside = 0;
  let most = 0;
  const work = (name: string) => async (): Promise<string> => {
    most = Math.max(most, ++inside);
    seen.push(`${name} with ${inside - 1}`);
    await soon();
    inside--;
    return name;
  };
  const all = await Promise.all([
    turns.among(work("a")),
    turns.among(work("b")),
    turns.among(work("c")),
    turns.alone(work("d")),
    turns.among(work("e")),
    turns.among(work("f")),
  ]);
  expect(all).toEqual(["a", "b", "c", "d", "e", "f"]);
  expect(most).toBe(2);
  expect(seen.map((line) => line[0]).join("")).toBe("abcdef");
  expect(seen).toContain("d with 0");
  expect(seen).toContain("e with 0");
});

test("a failure gives its place back", async () => {
  const turns = new Turnstile(1);
  const broken = async (): Promise<never> => {
    throw new Error("no");
  };
  await expect(turns.among(broken)).rejects.toThrow("no");
  await expect(turns.alone(broken)).rejects.toThrow("no");
  expect(await turns.among(async () => 7)).toBe(7);
});
