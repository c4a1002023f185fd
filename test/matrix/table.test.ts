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
  commit: "a1b2c3d",
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

it("names the commits, oldest first, and what is never struck", () => {
  const mixed = page([
    result("haproxy", { at: "2026-11-26T05:10Z", commit: "b2c3d4e+" }),
    result("daemon", {}),
    result("dockerd", { at: "2026-11-25T05:10Z", commit: null }),
  ]);
  expect(mixed).toContain("other work running, on 2 commits from a1b2c3d to b2c3d4e+, 1 of the cells before commits were recorded.");
  expect(page([result("daemon", {})])).toContain("other work running, on commit a1b2c3d.");
  expect(mixed).toContain("## Never struck");
  expect(mixed).toContain("- rolling, right before: no step at all");
});

it("marks what could not have been seen to be otherwise, with the reason", () => {
  const full = result("disk-full", { seen: { ...seen, refused: false } });
  const text = page([full, { ...full, cell: { ...full.cell, step: "drain" } }]);
  expect(text).toContain("2 in which nothing could have been seen to be otherwise (?)");
  expect(text).toContain("- ? disk-full, after route, after drain: not struck: the daemon was refused no write");
});
