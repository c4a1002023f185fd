import { writeFileSync } from "node:fs";
import type { DeploymentView } from "../../src/reconcile/control.ts";
import { rude } from "../apps/images.ts";
import type { Lab } from "../e2e/lab.ts";
import { pause, until } from "../e2e/until.ts";
import { worstAround } from "../load/lateness.ts";
import { startLoad } from "../load/load.ts";
import type { LoadReport } from "../load/report.ts";
import { APPROVED, type Cell } from "./cells.ts";
import { answeringAgain, isHalted, isOutageTold, orDying, unrest, unrestInTheEnd } from "./looking.ts";
import { type Scene, SERVICE } from "./scene.ts";
import { lossesOf, type Seen, type Unapproved, unapprovedIn } from "./seen.ts";
import { type Strike, strike } from "./strike.ts";

const DEPLOY = "/v1/stacks/shop/services/web/deploy";
const LIMIT_MS = 90_000;
const RATE = 100;
const SLOW_MS = 600;
/** Enough requests to see who answers, before somebody promotes: nobody, or a share that chance must not explain. */
const LOOK_MS = { nobody: 800, share: 2000 };

/** The daemon says so of what it could not write (INS6003), in whatever words. */
const REFUSED = /INS6003|could not be written|no space left/;

/** One deployment with one fault in the middle of it. The words say why there was no fault. */
export async function runCell(cell: Cell, scene: Scene, lab: Lab): Promise<Seen | string> {
  const { instar } = scene;
  writeFileSync(scene.clock, "0");
  await instar.kill();
  await instar.up(`halt:${cell.when}:${cell.step}`);
  const before = await instar.latest(SERVICE);
  const [old, version] = (await serves(scene, "v1")) ? ["v1", "v2"] : ["v2", "v1"];
  const ran = scene.ran();
  const said = instar.log.length;
  // An engine that starts its containers again has proven nothing to anybody.
  const proven = cell.fault !== "dockerd-cold";
  const load = await startLoad({ url: `http://127.0.0.1:${scene.port}`, app: "rude", rate: RATE, webSockets: 0, slowMs: SLOW_MS, proven });
  let report: LoadReport | null = null;
  try {
    await pause(300);
    const course = new Course(cell, scene, lab, { id: before.id, newest: await newestIn(scene) });
    const begun = orDying(instar.ask(DEPLOY, "POST", { image: rude(version === "v1" ? "v1" : "v2") }));
    await course.run();
    await begun;
    const end = await last(scene);
    const endedAt = Date.now();
    const outage = await outageOf(cell, scene, course);
    await pause(SLOW_MS + 300);
    report = await load.stop();
    const { struck } = course;
    if (struck === null) return `the deployment ended (${end.outcome}) without such a step`;
    if (struck.notRun !== null) return struck.notRun;
    const image = rude((end.outcome === "succeeded" ? version : old) === "v1" ? "v1" : "v2");
    const created = new Set(end.steps.filter((step) => step.do === "create").map((step) => step.instance));
    return {
      losses: lossesOf(report, struck.at, endedAt),
      outcome: end.outcome,
      reason: end.reason,
      unrest: await (cell.fault === "new-instance" ? unrestInTheEnd : unrest)(scene, image),
      created: [...created].flatMap((name) => (name === null ? [] : [name])).sort(),
      jobs: scene.ran().map(({ job, ran: now }, n) => ({ job, ran: now - (ran[n]?.ran ?? 0) })),
      unapproved: unapprovedOf(report, cell, course, { version, endedAt }),
      resumed: struck.resumed,
      away: awayOf(report, struck),
      refused: cell.fault === "disk-full" || cell.fault === "read-only" ? REFUSED.test(instar.log.slice(said)) : null,
      outage,
      seconds: (endedAt - struck.at) / 1000,
    };
  } finally {
    if (report === null) await load.stop();
  }
}

/** The newest revision that any container is of. */
const newestIn = async ({ instar }: Scene): Promise<number> =>
  Math.max(...(await instar.containers()).map(({ revision }) => revision ?? 0));

/** The last deployment, and the newest revision that was there. */
interface Before {
  readonly id: string;
  readonly newest: number;
}

/** Follows a deployment: strikes where its daemon stands still, promotes it when it waits for that, and sees it end. */
class Course {
  struck: Strike | null = null;
  /** When the share that nobody has to approve was first seen to be in force. */
  inForceAt: number | null = null;
  promotedAt: number | null = null;
  /** Only where every container ended with the engine. */
  again: Promise<number | null> | null = null;
  readonly #of: { readonly cell: Cell; readonly scene: Scene; readonly lab: Lab; readonly before: Before };

  constructor(cell: Cell, scene: Scene, lab: Lab, before: Before) {
    this.#of = { cell, scene, lab, before };
  }

  async run(): Promise<void> {
    const {
      scene,
      before: { id: before },
    } = this.#of;
    let known: DeploymentView | null = null;
    const end = Date.now() + LIMIT_MS;
    while (Date.now() < end) {
      const { pid } = scene.instar;
      if (pid !== null && isHalted(pid)) {
        known ??= { id: `D${Number(before.slice(1)) + 1}`, to: Number.NaN } as DeploymentView;
        this.struck = await strike(this.#of.cell.fault, { scene, lab: this.#of.lab, pid, deployment: known.id, to: await this.#coming() });
        if (this.#of.cell.fault === "dockerd-cold") this.again ??= answeringAgain(scene);
      }
      const latest: DeploymentView | null = await this.#ask(scene.instar.latest(SERVICE));
      if (latest !== null && latest.id !== before) {
        known = latest;
        if (latest.outcome !== "running") return;
        if (latest.course?.at === 0 && latest.course.since !== null) {
          this.inForceAt ??= Date.now();
          if (this.promotedAt === null) await this.#promote(latest.id);
        }
      }
      await pause(30);
    }
  }

  /** NaN while nothing of it is there: the daemon cannot be asked. */
  async #coming(): Promise<number> {
    const newest = await newestIn(this.#of.scene);
    return newest > this.#of.before.newest ? newest : Number.NaN;
  }

  async #promote(id: string): Promise<void> {
    const { cell, scene } = this.#of;
    await pause(APPROVED[cell.strategy] === 0 ? LOOK_MS.nobody : LOOK_MS.share);
    if (this.#isHalted()) return;
    this.promotedAt = Date.now();
    await this.#ask(scene.instar.ask(`/v1/deployments/${id}/promote`, "POST"));
  }

  /** Whoever stands still does not answer: then null, and the answer comes when it goes on. */
  async #ask<T>(answer: Promise<T>): Promise<T | null> {
    let answered = false;
    const dying = orDying(answer).finally(() => {
      answered = true;
    });
    const halted = async (): Promise<null> => {
      while (!answered && !this.#isHalted()) await pause(20);
      return null;
    };
    return Promise.race([dying, halted()]);
  }

  #isHalted(): boolean {
    const { pid } = this.#of.scene.instar;
    return pid !== null && isHalted(pid);
  }
}

/** Its end, or how it stands when nobody waits any longer. */
async function last({ instar }: Scene): Promise<DeploymentView> {
  return until("the daemon to answer", () => orDying(instar.latest(SERVICE)));
}

async function serves({ instar }: Scene, version: "v1" | "v2"): Promise<boolean> {
  return (await instar.services()).some(({ image }) => image === rude(version));
}

function unapprovedOf(
  load: LoadReport,
  { strategy, fault }: Cell,
  { inForceAt, promotedAt }: Course,
  of: { readonly version: string; readonly endedAt: number },
): Unapproved | null {
  const approved = APPROVED[strategy];
  // What comes back of an outage comes back one by one: a share of it is nobody's promise.
  if (approved === null || (approved > 0 && fault === "dockerd-cold")) return null;
  return unapprovedIn(load, { ...of, promotedAt, from: approved === 0 ? 0 : inForceAt });
}

/** Told while the deployment may be over long since: both are waited for. */
async function outageOf({ fault }: Cell, scene: Scene, { struck, again }: Course): Promise<Seen["outage"]> {
  if (struck === null || (fault !== "dockerd" && fault !== "dockerd-cold")) return null;
  const answeredAt = (await again) ?? null;
  return { told: await isOutageTold(scene, struck.at), againMs: answeredAt === null ? null : answeredAt - struck.at };
}

const awayOf = ({ late }: LoadReport, { at, backAt }: Strike): Seen["away"] =>
  backAt === null ? null : { backMs: backAt - at, lateMs: worstAround(late, at, backAt) };
