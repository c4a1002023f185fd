import type { Limit } from "../../reconcile/ports.ts";

/** Of the engine's /info: what its kernel can limit. Older engines leave some of it out, and then it is taken for granted. */
export interface Kernel {
  readonly MemoryLimit?: boolean;
  readonly SwapLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
  readonly CPUShares?: boolean;
  readonly CPUSet?: boolean;
  readonly PidsLimit?: boolean;
  readonly OomKillDisable?: boolean;
  readonly CgroupVersion?: string;
}

const SAYS: readonly (readonly [Limit, (kernel: Kernel) => boolean | undefined])[] = [
  ["memory", (kernel) => kernel.MemoryLimit],
  ["swap", (kernel) => kernel.SwapLimit],
  // Control groups of version 2 have no such setting.
  ["swappiness", (kernel) => kernel.CgroupVersion !== "2"],
  ["cpus", (kernel) => kernel.CpuCfsQuota],
  ["cpu_shares", (kernel) => kernel.CPUShares],
  ["cpuset", (kernel) => kernel.CPUSet],
  ["pids", (kernel) => kernel.PidsLimit],
  ["oom_kill_disable", (kernel) => kernel.OomKillDisable],
];

/** Limits that the engine takes at create and then drops with no more than a warning. */
export const lacksOf = (kernel: Kernel): readonly Limit[] => SAYS.flatMap(([limit, says]) => (says(kernel) === false ? [limit] : []));
