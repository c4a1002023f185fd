import { stripVTControlCharacters } from "node:util";
import picocolors from "picocolors";
import { expect, test } from "vitest";
import type { Deployment, Instance } from "../../src/cli/client.ts";
import { liveView } from "../../src/cli/live.ts";
import { paintFor } from "../../src/cli/paint.ts";
import { age, table, width } from "../../src/cli/table.ts";

const deployment: Deployment = {
  ...{ id: "D1", stack: "shop", service: "web", from: 1, to: 2, strategy: "rolling", cause: { kind: "up", who: "x" } },
  ...{ outcome: "running", reason: null, startedAt: 0, endedAt: null, seconds: 1.25, steps: [], pauses: [], evidence: null },
};
const instance = (name: string, revision: number, slot: number, phase: Instance["phase"]): Instance => ({
  ...{ id: name, name, stack: "shop", service: "web", revision, slot, image: "web", digest: "", phase, weight: 0 },
  ...{ drift: "none", address: "", createdAt: 0 },
});

const ESC = "\u001b";
/** Up, erase, return or feed, plain text. */
const MOVES = new RegExp(`${ESC}\\[(\\d+)A|(${ESC}\\[[02][JK])|(\\r|\\n)|([^${ESC}\\r\\n]+)`, "g");

/** What a terminal of this size shows after what was written: just the moves that the view uses. */
function terminal(columns: number, rows: number) {
  const lines: string[] = [""];
  let at = 0;
  return {
    columns,
    rows,
    lines,
    write(text: string) {
      for (const [, up, erase, feed, plain] of text.matchAll(MOVES)) {
        if (up !== undefined) at -= Number(up);
        else if (erase === "\u001b[0J") lines.splice(at, Number.POSITIVE_INFINITY, "");
        else if (erase !== undefined) lines[at] = "";
        else if (feed === "\n") lines[++at] ??= "";
        else if (plain !== undefined) lines[at] += plain;
      }
      expect(at).toBeGreaterThanOrEqual(0);
    },
  };
}

test("instances are redrawn in place, and the frame goes when it is over", () => {
  const screen = terminal(80, 24);
  const view = liveView(picocolors.createColors(false), screen);
  view.update([deployment], [instance("a", 1, 1, "serving"), instance("b", 1, 2, "serving"), instance("c", 2, 1, "starting")]);
  expect(screen.lines).toEqual(["shop/web r1 → r2  rolling  1.3 s", "  ● a  r1  serving", "  ◌ c  r2  starting", "  ● b  r1  serving", ""]);
  view.update(
    [{ ...deployment, steps: [{ at: 0, do: "route c", instance: "c", because: "it is ready" }] }],
    [instance("c", 2, 1, "serving")],
  );
  expect(screen.lines).toEqual(["shop/web r1 → r2  rolling  1.3 s", "  ● c  r2  serving", "  route c: it is ready", ""]);
  view.away();
  expect(screen.lines[3]).toContain("does not answer");
  view.end();
  expect(screen.lines).toEqual([""]);
});

test("a small terminal gets what fits", () => {
  const screen = terminal(20, 6);
  const view = liveView(picocolors.createColors(true), screen);
  view.update(
    [deployment],
    Array.from({ length: 30 }, (_, n) => instance(`shop-web-r2-${n}-a1-long`, 2, n, "serving")),
  );
  expect(screen.lines).toHaveLength(5);
  expect(screen.lines[3]).toContain("… 28 more");
  for (const line of screen.lines) expect(width(line)).toBeLessThan(20);
});

test("a terminal that does not say its size is taken for one of 80 by 24", () => {
  const screen = terminal(0, 0);
  liveView(picocolors.createColors(false), screen).update(
    [deployment],
    Array.from({ length: 30 }, (_, n) => instance(`i${n}`, 2, n, "serving")),
  );
  expect(screen.lines[1]).toBe("  ● i0  r2  serving");
  expect(screen.lines).toHaveLength(23);
});

test("colour is for terminals, and NO_COLOR wins", () => {
  expect(paintFor({}, true).red("x")).not.toBe("x");
  expect(paintFor({ NO_COLOR: "1" }, true).red("x")).toBe("x");
  expect(paintFor({ TERM: "dumb" }, true).red("x")).toBe("x");
  expect(paintFor({}, false).red("x")).toBe("x");
});

test("columns align by what is seen, not by colour codes", () => {
  const { green } = picocolors.createColors(true);
  const lines = table(
    ["A", "B", "C"],
    [
      ["x", green("ok"), "1"],
      ["long", "failed", "2"],
    ],
  ).map((line) => stripVTControlCharacters(line));
  expect(lines).toEqual(["A     B       C", "x     ok      1", "long  failed  2"]);
});

test.each([
  [0, "0s"],
  [59_999, "59s"],
  [60_000, "1m"],
  [3_599_999, "59m"],
  [3_600_000, "1h"],
  [86_400_000 * 12, "12d"],
  [-5000, "0s"],
])("an age of %i ms is %s", (ms, text) => {
  expect(age(0, ms)).toBe(text);
});
