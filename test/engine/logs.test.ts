import { expect, test } from "vitest";
import { framesOf, rawFrames } from "../../src/engine/docker/frames.ts";
import { linesOf } from "../../src/engine/docker/lines.ts";
import { logLines } from "../../src/engine/docker/logs.ts";

const AT = "2026-11-22T19:48:53.661234567Z";
const frame = (stream: 1 | 2, text: string): Buffer => {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
};

/** In pieces of so many bytes. */
async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

test.each([1, 3, 7, 8, 9, 1000])("lines of two streams, cut into pieces of %i bytes", async (size) => {
  const bytes = Buffer.concat([frame(1, `${AT} größe\n`), frame(2, `${AT} oh\r\n`), frame(1, `${AT} \n`), frame(1, `${AT} no end`)]);
  const lines = await collect(logLines("web", framesOf(pieces(bytes, size))));
  const at = Date.parse(AT);
  expect(lines).toEqual([
    { at, stamp: AT, stream: "stdout", instance: "web", text: "größe" },
    { at, stamp: AT, stream: "stderr", instance: "web", text: "oh" },
    { at, stamp: AT, stream: "stdout", instance: "web", text: "" },
    { at, stamp: AT, stream: "stdout", instance: "web", text: "no end" },
  ]);
});

test.each(["\n", ""])("a line that the engine split is one line, with the time of its beginning, though it ends with %j", async (end) => {
  const later = "2026-11-22T19:48:54Z";
  const [a, b] = ["a".repeat(16 * 1024), "b".repeat(10)];
  const bytes = Buffer.concat([
    frame(1, `${AT} ${a}`),
    frame(2, `${AT} between\n`),
    frame(1, `${later} ${b}${end}`),
    frame(1, `${later} next\n`),
  ]);
  const lines = await collect(logLines("web", framesOf(pieces(bytes, 1000))));
  expect(lines.map((line) => [line.at, line.stamp, line.text])).toEqual([
    [Date.parse(AT), AT, "between"],
    [Date.parse(AT), later, a + b],
    [Date.parse(later), later, "next"],
  ]);
});

test("a time that the program writes itself stays", async () => {
  const lines = await collect(logLines("web", framesOf(pieces(frame(1, `${AT} ${AT} mine\n`), 1000))));
  expect(lines.map((line) => line.text)).toEqual([`${AT} mine`]);
});

test("a terminal's output has no frames", async () => {
  const lines = await collect(logLines("web", rawFrames(pieces(Buffer.from(`${AT} one\r\n${AT} two\r\n`), 1000))));
  expect(lines.map((line) => [line.stream, line.text])).toEqual([
    ["stdout", "one"],
    ["stdout", "two"],
  ]);
});

test("a line that never ends comes in parts: a terminal's progress bar, or what is no text", async () => {
  const [KIB, text] = [1024, "50%\r".repeat(150 * 1024)];
  const bytes = Buffer.from(`${AT} ${text}\n${AT} next\n`);
  const lines = await collect(logLines("web", rawFrames(pieces(bytes, 60_000))));
  expect(Math.max(...lines.map((line) => line.text.length))).toBeLessThan(320 * KIB);
  expect(new Set(lines.map((line) => `${line.at} ${line.stamp}`))).toEqual(new Set([`${Date.parse(AT)} ${AT}`]));
  const [last, ...parts] = lines.reverse();
  expect(last?.text).toBe("next");
  expect(parts.every((line) => line.text !== "")).toBe(true);
  // The end of each part is no end of a line: what stands there stays.
  expect(
    `${parts
      .reverse()
      .map((line) => line.text)
      .join("")}\r`,
  ).toBe(text);
});

test("a line that ends where a part does has no empty part after it", async () => {
  for (const end of ["\n", ""]) {
    const frames = [...Array.from({ length: 16 }, () => frame(1, `${AT} ${"a".repeat(16 * 1024)}`)), frame(1, `${AT} ${end}`)];
    const lines = await collect(logLines("web", framesOf(pieces(Buffer.concat([...frames, frame(1, `${AT} next\n`)]), 60_000))));
    expect(lines.map((line) => line.text.length)).toEqual([256 * 1024, 4]);
  }
});

test("lines of a stream, whatever its pieces, the last without an end", async () => {
  const bytes = Buffer.from("größe\r\nzwei\n\ndrei");
  for (const size of [1, 2, 5, 100]) expect(await collect(linesOf(pieces(bytes, size)))).toEqual(["größe", "zwei", "", "drei"]);
});
