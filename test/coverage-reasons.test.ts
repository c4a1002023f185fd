import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { judgeWays, type Kind, readReasons } from "../script/coverage-reasons.ts";
import { united, type Way } from "../script/coverage-ways.ts";

const ROOT = join(import.meta.dirname, "..");
const reasons = readReasons(ROOT);

describe("docs/coverage-reasons.yaml", () => {
  it("speaks of lines that are there, of each once", () => {
    const linesOf = (file: string): readonly string[] =>
      existsSync(join(ROOT, file))
        ? readFileSync(join(ROOT, file), "utf8")
            .split("\n")
            .map((line) => line.trim())
        : [];
    expect(reasons.filter(({ file, at }) => !linesOf(file).includes(at)).map(({ file, at }) => `${file}: ${at}`)).toEqual([]);
    const keys = reasons.map(({ file, at }) => `${file}: ${at}`);
    expect(keys.filter((key, nth) => keys.indexOf(key) !== nth)).toEqual([]);
    expect(reasons.length).toBeGreaterThan(100);
  });

  it("names tests on the engine that are there, and says something", () => {
    for (const { file, at, kind, why } of reasons) {
      const tests = why.match(/test\/(e2e|real)\/[\w-]+\.test\.ts/g) ?? [];
      if (kind === "engine") expect(tests.length, `${file}: ${at}`).toBeGreaterThan(0);
      for (const test of tests) expect(existsSync(join(ROOT, test)), `${file}: ${at}: ${test}`).toBe(true);
      expect(why.length, `${file}: ${at}`).toBeGreaterThan(10);
    }
  });
});

describe("ways that are not taken", () => {
  const way = (line: number, taken: boolean, nth = 0): Way => ({ file: "src/a.ts", line, type: "if", nth, taken });
  const textOf = ({ line }: Way): string => `line ${line}`;
  const reason = (line: number, kind: Kind = "cannot") => ({ file: "src/a.ts", at: `line ${line}`, kind, why: "the type is closed" });

  it("need a reason, by the text of their line; a line that is taken has none, unless it is by a race", () => {
    const ways = [way(1, false), way(2, false), way(3, true), way(4, true)];
    const judged = judgeWays(ways, [reason(1), reason(3), reason(4, "order")], textOf);
    expect(judged).toEqual({ unexplained: [way(2, false)], needless: [reason(3)] });
  });

  it("are taken when either run took them; a run that read the file otherwise is refused", () => {
    expect(united([way(1, false), way(1, false, 1), way(2, true)], [way(1, true), way(1, false, 1), way(2, false)])).toEqual([
      way(1, true),
      way(1, false, 1),
      way(2, true),
    ]);
    expect(() => united([way(1, false)], [way(1, true, 1)])).toThrow("read otherwise: src/a.ts:1 if 1");
  });
});
