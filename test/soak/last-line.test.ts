import { expect, it } from "vitest";
import { lastBefore } from "./last-line.ts";

const at = Date.parse("2026-11-27T11:16:02.500Z");
/** As the engine multiplexes them: 8 bytes before each line. */
const log = [
  "\x02\0\0\0\0\0\0\x4c2026-11-27T11:16:01.312860327Z listening",
  "\x02\0\0\0\0\0\0\x4c2026-11-27T11:16:01.910387836Z giving up, as of 2026-11-27T11:16:02.400Z",
  "\x02\0\0\0\0\0\0\x4c2026-11-27T11:16:05.705061044Z listening",
  "",
].join("\n");

it.each([
  ["the last line before", log, Date.parse("2026-11-27T11:16:01.910Z")],
  ["nothing before", "2026-11-27T11:16:05.705061044Z listening\n", at],
  ["no log", "", at],
])("an end was after the last line before it was told: %s", (_what, text, expected) => {
  expect(lastBefore(text, at)).toBe(expected);
});
