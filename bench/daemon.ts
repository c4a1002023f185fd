import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Installation } from "../test/e2e/installation.ts";
import { freePort } from "../test/e2e/ports.ts";
import { rudeStack } from "../test/e2e/stacks.ts";
import { pause, until } from "../test/e2e/until.ts";
import { type Figure, median, p99 } from "./figure.ts";

const IDLE_MS = 20_000;
const QUESTIONS = 400;

/** From the engine's event to the next planned step: instances that leave in rollouts, and ones that are killed at rest. */
export async function reactionFigure(instar: Installation): Promise<Figure> {
  await instar.apply("react", rudeStack({ port: await freePort(), replicas: 3, drain: "1s" }));
  for (let n = 0; n < 4; n++) await instar.moved("recycle", "react/web");
  for (let n = 0; n < 6; n++) {
    const [victim] = await instar.running("web");
    if (victim !== undefined) process.kill(victim.pid, "SIGKILL");
    await until("a fresh instance to serve", async () => {
      const serving = (await instar.instances()).filter((one) => one.phase === "serving" && one.name !== victim?.name);
      return serving.length === 3;
    });
  }
  const { eventToStepMs } = await instar.ask<{ eventToStepMs: number[] }>("/v1/timings");
  await instar.json("down", "react");
  const from = { events: eventToStepMs.length, "p50 ms": median(eventToStepMs) };
  return { name: "from the engine's event to the next planned step, p99", value: p99(eventToStepMs), unit: "ms", atMost: 20, from };
}

/** With 20 instances routed and nothing to do. */
export async function idleFigures(instar: Installation): Promise<readonly Figure[]> {
  await instar.apply("idle", rudeStack({ port: await freePort(), replicas: 20, parallelism: 4, drain: "1s" }));
  await pause(3000);
  const pid = instar.pid ?? 0;
  const before = cpuSeconds(pid);
  await pause(IDLE_MS);
  const share = ((cpuSeconds(pid) - before) / (IDLE_MS / 1000)) * 100;
  const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
  await instar.json("down", "idle");
  return [
    { name: "daemon idle with 20 instances, resident memory", value: rss, unit: "MB", atMost: 120, from: {} },
    { name: "daemon idle with 20 instances, one core", value: share, unit: "%", atMost: 1, from: { seconds: IDLE_MS / 1000 } },
  ];
}

/** utime and stime of proc(5) stat. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const ticks = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

/** `ps` over the socket with 200 instances; they only sleep, and nothing routes to them. */
export async function listingFigure(instar: Installation): Promise<Figure> {
  const sleeper = { image: "instar/base:node24", command: ["sleep", "1000000"], init: true, restart: "always", stop_grace_period: "1s" };
  const deploy = { replicas: 200, update_config: { parallelism: 8 } };
  await instar.apply("many", { services: { sleeper: { ...sleeper, deploy } } });
  const took: number[] = [];
  for (let n = 0; n < QUESTIONS; n++) {
    const began = performance.now();
    const { instances } = await instar.ask<{ instances: unknown[] }>("/v1/instances");
    took.push(performance.now() - began);
    if (instances.length !== 200) throw new Error(`${instances.length} instances listed, 200 expected`);
  }
  await instar.json("down", "many");
  return {
    name: "ps over the socket with 200 instances, p99",
    value: p99(took),
    unit: "ms",
    atMost: 20,
    from: { "p50 ms": median(took), questions: QUESTIONS },
  };
}

/** `up` of an equal file, as its user waits for it: the whole command. */
export async function unchangedFigure(instar: Installation): Promise<Figure> {
  const content = rudeStack({ port: await freePort(), replicas: 3, drain: "1s" });
  await instar.apply("same", content);
  const took: number[] = [];
  for (let n = 0; n < 5; n++) {
    const began = performance.now();
    await instar.apply("same", content);
    took.push(performance.now() - began);
  }
  await instar.json("down", "same");
  return { name: "up of an equal file, the whole command", value: median(took), unit: "ms", atMost: 1000, from: { runs: took.length } };
}
