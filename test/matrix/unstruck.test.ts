import { expect, it } from "vitest";
import { type Cell, STEPS } from "./cells.ts";
import { unstruck } from "./unstruck.ts";

const after = (strategy: Cell["strategy"]): Cell[] => STEPS[strategy].map((step) => ({ strategy, fault: "daemon", when: "after", step }));

it("names the kinds of steps that no row has, rows that were never run, and what no cell can be", () => {
  const before: Cell[] = STEPS.rolling.slice(1).map((step) => ({ strategy: "rolling", fault: "haproxy", when: "before", step }));
  const lines = unstruck([...after("rolling"), ...after("canary").slice(1), ...before]);
  expect(lines[0]).toBe("no row has these kinds of steps: complete, crash, cut, fail, job-stop, restore, snapshot");
  expect(lines).toContain("canary, right after: create");
  expect(lines).toContain("jobs, right after: no step at all");
  expect(lines).toContain("rolling, right before: create");
  expect(lines).toContain("canary, right before: no step at all");
  expect(lines.some((line) => line.startsWith("rolling, right after"))).toBe(false);
  expect(lines.join()).toMatch(/on its way back.*only its master/);
});
