import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Cause } from "../../src/plan/drift.ts";
import type { DriftView } from "../../src/reconcile/drift-control.ts";
import { uncovered } from "../simulation/cover.ts";
import { docker } from "./docker-command.ts";
import { EngineProxy } from "./engine-proxy.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { LONG } from "./size.ts";
import { rudeService } from "./stacks.ts";
import { pause, until } from "./until.ts";

const TOUCHES = LONG ? 200 : 20;
/** An interruption after every so many touches. */
const EVERY = 6;
const SEED = Number(process.env.INSTAR_SEED ?? Date.now() % 100_000);
/** The engine stamps an event a moment after the command began, and the command ends a moment after that. */
const SLACK_MS = 1500;

/** mulberry32 */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

interface Done {
  readonly name: string;
  readonly kind: Cause["kind"];
  readonly detail: RegExp;
  readonly from: number;
  readonly to: number;
}

interface Interruption {
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

let instar: Installation;
let proxy: EngineProxy;
let network = "";
beforeAll(async () => {
  const engine = (process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock").replace("unix://", "");
  const home = `/tmp/instar-e2e-${process.pid.toString(16)}d`;
  proxy = await EngineProxy.start(`${home}.sock`, engine);
  instar = await Installation.start({ home, env: { INSTAR_LOOK: "1s", DOCKER_HOST: proxy.dockerHost } });
  const { code, stderr } = await instar.apply("shop", {
    services: { web: rudeService({ port: await freePort(), replicas: 3, drain: "1s" }) },
  });
  expect(code, stderr).toBe(0);
  network = `${instar.id.slice(0, 8)}-elsewhere`;
  await docker("network", "create", network);
  writeFileSync(join(instar.home, "files", "mark"), "mark\n");
});
afterAll(async () => {
  await instar?.wipe();
  await proxy?.stop();
  if (network !== "") await docker("network", "rm", network);
});

const drift = (): Promise<DriftView> => instar.ask("/v1/drift");

/** One touch; it is undone where it must be to be done again. */
async function touch(name: string, n: number, kind: number): Promise<Omit<Done, "from" | "to" | "name">> {
  const mark = join(instar.home, "files", "mark");
  switch (kind) {
    case 0:
      await docker("exec", name, "true", `mark-${n}`);
      return { kind: "exec", detail: new RegExp(`^true mark-${n}$`) };
    case 1:
      await docker("cp", mark, `${name}:/tmp/mark-${n}`);
      return { kind: "copy", detail: /copied into/ };
    case 2:
      await docker("cp", mark, `${name}:/var/mark-${n}`);
      return { kind: "write", detail: new RegExp(`^A /var/mark-${n}$`) };
    case 3:
      await docker("update", "--cpu-shares", String(100 + n), name);
      return { kind: "update", detail: /limits/ };
    case 4:
      await docker("network", "connect", network, name);
      await docker("network", "disconnect", network, name);
      return { kind: "network", detail: /^connected to/ };
    default:
      await docker("exec", name, "sh", "-c", `echo ${n} > /etc/mark-${n}`);
      return { kind: "write", detail: new RegExp(`^A /etc/mark-${n}$`) };
  }
}

/** Events enough to fill the engine's memory: two a volume. */
async function flood(): Promise<void> {
  for (let n = 0; n < 140; n++) {
    const name = `${network}-flood`;
    await instar.docker.createVolume({ Name: name });
    await instar.docker.getVolume(name).remove();
  }
}

async function interrupt(kind: number, chance: (below: number) => number): Promise<Interruption> {
  if (kind === 0) {
    const from = Date.now();
    const cut = proxy.cut();
    return { what: `${cut} streams cut`, from, to: Date.now() };
  }
  await instar.kill(kind === 1 ? "SIGKILL" : "SIGTERM");
  // From here on there is no daemon.
  const from = Date.now();
  const [victim] = await instar.running("web");
  // Somebody who uses the chance.
  if (victim !== undefined && chance(2) === 0) await docker("exec", victim.name, "true", "unseen");
  if (kind === 3) await flood();
  const to = Date.now();
  await instar.up();
  return { what: `daemon ended (${kind})`, from, to };
}

describe("random touches while the daemon is restarted and the event stream cut", () => {
  it(`of ${TOUCHES} none is missed outside recorded gaps, and no gap is unrecorded (seed ${SEED})`, async () => {
    const chance = random(SEED);
    const done: Done[] = [];
    const interruptions: Interruption[] = [];
    for (let n = 0; n < TOUCHES; n++) {
      if (n > 0 && n % EVERY === 0) interruptions.push(await interrupt(chance(4), chance));
      const running = (await instar.running("web")).map(({ name }) => name).sort();
      const name = running[chance(running.length)] ?? "";
      const from = Date.now();
      const what = await touch(name, n, chance(6));
      done.push({ name, ...what, from, to: Date.now() });
      if (chance(3) === 0) await pause(chance(300));
    }
    const missed = await until(
      "every touch to show that will",
      async () => {
        const found = missing(done, await drift());
        return found.length === 0 && found;
      },
      15_000,
    ).catch(async () => missing(done, await drift()));
    const { gaps } = await drift();
    const blind = gaps.filter((gap) => gap.blind);
    console.log(
      `${done.length} touches, ${interruptions.length} interruptions, ${gaps.length} gaps (${blind.length} blind), ${missed.length} missed inside blind gaps`,
    );
    for (const one of missed)
      expect(
        blind.some(({ from, to }) => from - SLACK_MS <= one.from && one.to <= to + SLACK_MS),
        JSON.stringify({ ...one, detail: String(one.detail), gaps }),
      ).toBe(true);
    // Without slack: all times are of this machine's clock, and a gap begins at the last heartbeat, or a second before the cut.
    for (const { what, from, to } of interruptions)
      expect(uncovered({ from, to }, gaps), `${what} ${from}–${to}: ${JSON.stringify(gaps)}`).toBeNull();
  });
});

/** Each touch takes one cause of its instance; an instance may be gone by now. */
function missing(done: readonly Done[], view: DriftView): Done[] {
  const causes = new Map([...view.gone, ...view.instances].map((one) => [one.name, [...one.causes]]));
  return done.filter(({ name, kind, detail, from, to }) => {
    const left = causes.get(name) ?? [];
    // What a look finds has the time of the look.
    const timely = (at: number): boolean => kind === "write" || (at >= from - SLACK_MS && at <= to + SLACK_MS);
    const index = left.findIndex((cause) => cause.kind === kind && detail.test(cause.detail) && timely(cause.at));
    if (index < 0) return true;
    left.splice(index, 1);
    return false;
  });
}
