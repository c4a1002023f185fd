import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { refuseTwo } from "../src/recover.ts";
import { lockHome } from "../src/store/sqlite.ts";

test("a home that was restored beside the one that a daemon runs with is not started until that has ended", () => {
  const lived = mkdtempSync(join(tmpdir(), "instar-lived-"));
  const unlock = lockHome(lived);
  const raised = expect.objectContaining({ code: "INS6002", message: `another daemon runs with ${lived}` });
  expect(() => refuseTwo("/srv/restored", lived)).toThrow(raised);
  expect(() => refuseTwo(lived, lived)).not.toThrow();
  unlock();
  // Asked twice: it is not locked by having been asked.
  for (const home of [lived, lived, "/nowhere", null]) expect(() => refuseTwo("/srv/restored", home)).not.toThrow();
  rmSync(lived, { recursive: true });
});
