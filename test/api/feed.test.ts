import { once } from "node:events";
import { expect, test } from "vitest";
import { feed } from "../../src/api/feed.ts";

const leftOut = (count: number): string => `${count} left out\n`;
const line = (n: number): string => `line ${n} ${"x".repeat(90)}\n`;

test("what nobody reads is kept up to the bound; who comes later gets the first and the last, and the number between", async () => {
  const stream = feed({ heartbeat: null, backlog: 10_000, leftOut }, () => undefined);
  for (let n = 1; n <= 50_000; n++) stream.write(line(n));
  expect(stream.body.readableLength).toBeLessThan(11_000);
  stream.write("the answer\n");
  stream.end();
  const lines = (await stream.body.toArray()).join("").trimEnd().split("\n");
  const note = lines.findIndex((one) => one.endsWith("left out"));
  expect(lines[0]).toBe(line(1).trimEnd());
  expect(lines.slice(-2)).toEqual([line(50_000).trimEnd(), "the answer"]);
  expect(lines.length - 1 + Number.parseInt(lines[note] ?? "", 10)).toBe(50_001);
  expect(lines.length).toBeLessThan(250);
});

test("who catches up gets the rest as it comes, in order", async () => {
  const stream = feed({ heartbeat: null, backlog: 1000, leftOut }, () => undefined);
  for (let n = 1; n <= 30; n++) stream.write(line(n));
  let text = "";
  stream.body.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  while (!text.includes(line(30))) await new Promise((resolve) => setImmediate(resolve));
  stream.write(line(31));
  stream.end();
  await once(stream.body, "end");
  expect(text).toBe(Array.from({ length: 31 }, (_, n) => line(n + 1)).join(""));
});

test("a last piece beyond every bound arrives", async () => {
  const stream = feed({ heartbeat: null, backlog: 10, leftOut: () => null }, () => undefined);
  for (const text of ["first, and long enough\n", "dropped\n", "z".repeat(200_000)]) stream.write(text);
  stream.end();
  expect((await stream.body.toArray()).join("")).toBe(`first, and long enough\n${"z".repeat(200_000)}`);
});

test("without it, whoever does not read is let go", () => {
  const stream = feed({ heartbeat: null, backlog: 1000 }, () => undefined);
  for (let n = 1; n <= 20; n++) stream.write(line(n));
  expect(stream.body.destroyed).toBe(true);
});
