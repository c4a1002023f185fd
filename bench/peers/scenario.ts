import type Docker from "dockerode";
import type { Variant } from "../../test/apps/images.ts";
import { pause } from "../../test/e2e/until.ts";
import { startLoad } from "../../test/load/load.ts";
import { median } from "../figure.ts";
import { Floor } from "../floor.ts";
import { busyShare } from "./busy.ts";
import { failedBefore, type Move, type MoveKind, outcomes } from "./counting.ts";
import { Memory } from "./memory.ts";
import type { Peer } from "./peer.ts";
import { type Row, rowOf, type Scenario } from "./row.ts";
import { World } from "./world.ts";

const RATE = 200;
const SLOW_MS = 2000;
const LONGEST_MS = 900_000;
const TIMEOUT_MS = 20_000;
/** After a deployment, before the next one: what was under way has ended by then. */
const SETTLE_MS = { quick: 1500, slow: 3500 } as const;
const ROUNDS = { quick: Number(process.env.INSTAR_PEERS_ROUNDS ?? 2), slow: 1 } as const;
const MOVES = { quick: ["deploy", "redeploy", "rollback"], slow: ["deploy", "rollback"] } as const satisfies Record<
  string,
  readonly MoveKind[]
>;

export const SCENARIOS: readonly Scenario[] = (["polite", "rude"] as const).flatMap((manner) => [
  { shape: "three", manner, traffic: "quick" },
  { shape: "three", manner, traffic: "slow" },
  { shape: "one", manner, traffic: "slow" },
]);

export interface Played {
  readonly rows: readonly Row[];
  /** What went wrong before anything was deployed. */
  readonly failedBefore: number;
}

/** One scenario by one peer: brought up, put under load, deployed and rolled back, taken down; the floor in turns with it. */
export async function play(peer: Peer, scenario: Scenario, docker: Docker, lab: string): Promise<Played> {
  const replicas = scenario.shape === "three" ? 3 : 1;
  const { traffic } = scenario;
  const before = { at: new Date().toISOString(), busy: await busyShare() };
  const slowMs = traffic === "slow" ? SLOW_MS : 0;
  const world = await World.of(docker);
  if ((await world.running()).length > 0) throw new Error("the test application runs on this engine already: script/lab clean removes it");
  const floor = new Floor(docker);
  const url = await peer.up({ replicas, stateful: scenario.shape === "one", polite: scenario.manner === "polite" });
  await floor.prepare(replicas);
  try {
    const load = await startLoad({ url, rate: RATE, webSockets: 0, slowMs, maxMs: LONGEST_MS, timeoutMs: TIMEOUT_MS, proven: false });
    const { moves, floors } = await moveAll({
      peer,
      scenario,
      replicas,
      floor,
      world,
      memory: new Memory(lab, () => peer.pids),
    });
    const { requests, lagMs } = await load.stop();
    const all = outcomes(requests, moves, { replicas, slowMs });
    const during = { ...before, floorMs: median(floors), lagMs };
    const rows = MOVES[traffic].map((kind) =>
      rowOf(
        peer.name,
        scenario,
        all.filter((one) => one.kind === kind),
        during,
      ),
    );
    await peer.down();
    return { rows, failedBefore: failedBefore(requests, moves) };
  } finally {
    await floor.remove();
  }
}

interface Field {
  readonly peer: Peer;
  readonly scenario: Scenario;
  readonly replicas: number;
  readonly floor: Floor;
  readonly world: World;
  readonly memory: Memory;
}

/** The deployments of a scenario one after the other, before each the floor's: how fast the machine is changes within a minute. */
async function moveAll({
  peer,
  scenario,
  replicas,
  floor,
  world,
  memory,
}: Field): Promise<{ moves: readonly Move[]; floors: readonly number[] }> {
  const { traffic } = scenario;
  const moves: Move[] = [];
  const floors: number[] = [];
  await pause(SETTLE_MS[traffic]);
  for (let round = 0; round < ROUNDS[traffic]; round++) {
    // Never a version that has served here before.
    const fresh: Variant = round % 2 === 0 ? "v2" : "v3";
    for (const kind of MOVES[traffic]) {
      floors.push(scenario.shape === "one" ? await floor.swap(fresh) : await floor.replace(fresh, 1));
      await pause(SETTLE_MS[traffic]);
      const old = new Set((await world.running()).map(({ id }) => id));
      const memoryBefore = memory.begin();
      const begunAt = Date.now();
      await make(peer, kind, fresh);
      await world.untilReplaced(old, kind === "rollback" ? "v1" : fresh, replicas);
      moves.push({ kind, begunAt, endedAt: Date.now(), memoryBefore, memoryPeak: memory.end() });
      await peer.settled();
    }
  }
  await pause(SETTLE_MS[traffic]);
  return { moves, floors };
}

function make(peer: Peer, kind: MoveKind, fresh: Variant): Promise<void> {
  if (kind === "deploy") return peer.deploy(fresh);
  return kind === "redeploy" ? peer.redeploy() : peer.rollback();
}
