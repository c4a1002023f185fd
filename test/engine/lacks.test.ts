import { expect, test } from "vitest";
import { lacksOf } from "../../src/engine/docker/lacks.ts";

test("what the kernel says it cannot limit; silence says nothing", () => {
  expect(lacksOf({})).toEqual([]);
  expect(lacksOf({ MemoryLimit: true, SwapLimit: false, CgroupVersion: "1" })).toEqual(["swap"]);
  expect(lacksOf({ OomKillDisable: false, CgroupVersion: "2", CpuCfsQuota: true })).toEqual(["swappiness", "oom_kill_disable"]);
});
