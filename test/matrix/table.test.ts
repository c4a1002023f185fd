import { expect, it } from "vitest";
import { NOTHING_LOST, QUIET } from "./quiet.ts";
import type { Result } from "./results.ts";
import type { Seen } from "./seen.ts";
import { page } from "./table.ts";

const losses = { ...NOTHING_LOST, total: 812 };
const seen: Seen = { ...QUIET, losses, seconds: 6.1 };
const result = (fault: Result["cell"]["fault"], of: Partial<Result>): Result => ({
  cell: { strategy: "rolling", fault, when: "after", step: "route" },
  at: "2026-11-26T03:10Z",
  seen,
  notRun: null,
  ...of,
});

it("says of each cell what was seen, and why where it is not as expected or was not run", () => {
  const text = page([
    result("daemon", {}),
    result("haproxy", { seen: { ...seen, losses: { ...losses, gets: 3, posts: 1, gap: 1300 }, away: { backMs: 1310, lateMs: 700 } } }),
    result("new-instance", { seen: { ...seen, outcome: "paused", reason: "it died" } }),
    result("old-instance", { seen: null, notRun: "there is none" }),
  ]);
  expect(text).toContain("3 cells: 1 as expected (✓), 1 but for a figure (≈), 1 not (✗), 0 in which");
  expect(text).toContain("| route | ✓ 0/812 6.1 s | ≈ 4/812 6.1 s |  |  | – | ✗ 0/812 paused 6.1 s |  |  |  |  |");
  expect(text).toContain("- ≈ haproxy, after route: nobody listened for 1310 ms");
  expect(text).toContain("- old-instance, after route: not run, there is none");
  expect(text).toContain("- ✗ new-instance, after route: it ended as paused: it died");
  expect(text).toContain("## canary\n\nNot run yet.");
});
