import type { CauseKind, DeploymentView, EventView, InstanceView, ServiceView } from "../../src/reconcile/control.ts";
import type { DriftView } from "../../src/reconcile/drift-control.ts";
import { rude, type Variant } from "../apps/images.ts";
import type { Outcome } from "../e2e/command.ts";
import { containersOf } from "../e2e/containers.ts";
import { docker } from "../e2e/docker-command.ts";
import { ended } from "../e2e/ended.ts";
import { until } from "../e2e/until.ts";
import { type EngineMoment, EngineWatch } from "../e2e/watch.ts";
import type { Random } from "../simulation/random.ts";
import type { Incident } from "./allowed.ts";
import { exitFault, saysAway } from "./answers.ts";
import { fileOf, type Member, unequal, wasApplied } from "./fleet.ts";
import { lastBefore } from "./last-line.ts";
import { rollbackFault } from "./past.ts";
import { asked, begunSince, type Moved, moved, newestNumber, numberOf, type Scene, settled } from "./scene.ts";
import { isShown, mayBeHeld, REPLACED } from "./touched.ts";

type Act = "deploy" | "bad" | "rollback" | "scale" | "recycle" | "up" | "touch" | "kill";
/** How often each, in hundredths. */
const SHARES: readonly (readonly [Act, number])[] = [
  ["deploy", 28],
  ["bad", 14],
  ["rollback", 12],
  ["scale", 12],
  ["recycle", 6],
  ["up", 8],
  ["touch", 10],
  ["kill", 10],
];
const GOOD: readonly [Variant, ...Variant[]] = ["v1", "v2", "v3"];
const BAD: readonly [Variant, ...Variant[]] = ["crash", "neverready", "diesoon"];
/** The exit code of `diesoon` (test/apps/rude.js). */
const GAVE_UP = "4";
const INSTANCES = { least: 2, most: 4 };

export function actFrom(chance: Random): Act {
  let left = chance.whole(1, 100);
  for (const [act, share] of SHARES) {
    left -= share;
    if (left <= 0) return act;
  }
  return "deploy";
}

/** Does it to one service that nothing else is done to meanwhile, to its end; what the service should be afterwards is written down. */
export async function perform(scene: Scene, member: Member, act: Act, chance: Random): Promise<void> {
  const at = Date.now();
  const { what, outcome } = await DOING[act](scene, member, chance);
  scene.deeds.push({ at, endedAt: Date.now(), service: member.name, what, outcome });
}

interface Done {
  readonly what: string;
  readonly outcome: string;
}
type Doing = (scene: Scene, member: Member, chance: Random) => Promise<Done>;

const path = ({ stack, service }: Member, verb: string): string => `/v1/stacks/${stack}/services/${service}/${verb}`;

/** Asks, and holds the end against what it should be. */
async function change(
  scene: Scene,
  member: Member,
  how: {
    readonly what: string;
    readonly kind: CauseKind;
    readonly wanted?: DeploymentView["outcome"];
    readonly ask: () => Promise<unknown>;
  },
): Promise<Moved> {
  const { what, kind, wanted = "succeeded", ask } = how;
  const done = await moved(scene, member, kind, ask);
  const { deployment, refusal } = done;
  if (refusal !== null) scene.faults.push(`${what} of ${member.name} was refused: ${refusal}`);
  if (deployment === null) return done;
  if (deployment.outcome !== wanted)
    scene.faults.push(`${what} of ${member.name} (${deployment.id}) ${deployment.outcome}, not ${wanted}: ${deployment.reason}`);
  // One that may still succeed, or stands in between: nobody but the service can tell what it is then.
  if (!CERTAIN.has(deployment.outcome)) member.past.forget();
  return done;
}

/** After these ends a service is what was asked for, or what it was. */
const CERTAIN: ReadonlySet<DeploymentView["outcome"]> = new Set(["succeeded", "rolled-back"]);

const told = ({ deployment, refusal }: Moved): string =>
  deployment === null ? (refusal ?? "not taken: the daemon or the router was away") : `${deployment.id} ${deployment.outcome}`;

async function deploy(scene: Scene, member: Member, image: Variant, wanted: "succeeded" | "rolled-back"): Promise<Done> {
  const what = `deploy ${image}`;
  const ask = () => scene.instar.ask(path(member, "deploy"), "POST", { image: rude(image) });
  const done = await change(scene, member, { what, kind: "deploy", wanted, ask });
  if (done.deployment?.outcome === "succeeded") {
    member.image = image;
    const { edition, past } = member;
    // The number of replicas of the revision that it was made from, whatever was scaled since.
    past.became({ revision: done.deployment.to, image, edition, replicas: past.present?.replicas ?? null });
  }
  return { what, outcome: told(done) };
}

const DOING: Readonly<Record<Act, Doing>> = {
  deploy: (scene, member, chance) => {
    const [first = "v1", ...others] = GOOD.filter((image) => image !== member.image);
    return deploy(scene, member, chance.pick([first, ...others]), "succeeded");
  },
  async bad(scene, member, chance) {
    // What may have only one writer serves alone before it has proved itself.
    const heard = member.kind === "writer" ? await hearDeaths(scene, member) : async () => [];
    try {
      return await deploy(scene, member, chance.pick(BAD), "rolled-back");
    } finally {
      scene.incidents.push(...(await heard()));
    }
  },
  async rollback(scene, member) {
    const before = member.past.before(member.replicas);
    const done = await moved(scene, member, "rollback", () => scene.instar.ask(path(member, "rollback"), "POST", { to: null }));
    const { deployment, refusal } = done;
    const to = deployment?.outcome === "succeeded" ? deployment.to : null;
    const wrong = rollbackFault(before, { refusal, to });
    if (wrong !== null) scene.faults.push(`rollback of ${member.name} ${wrong}`);
    if (deployment !== null && to === null) {
      scene.faults.push(`rollback of ${member.name} (${deployment.id}) ${deployment.outcome}: ${deployment.reason}`);
      if (!CERTAIN.has(deployment.outcome)) member.past.forget();
    }
    if (to !== null && before !== null && before !== "unknown" && before.revision === to) {
      const { image, edition, replicas } = before;
      Object.assign(member, { image, edition, replicas });
      member.past.became({ ...before });
      await equals(scene, member, "after a rollback");
    } else if (to !== null) await adopt(scene, member);
    return { what: "rollback", outcome: told(done) };
  },
  async scale(scene, member, chance) {
    if (member.replicas === 1) return DOING.recycle(scene, member, chance);
    const drawn = chance.whole(INSTANCES.least, INSTANCES.most - 1);
    // Never the number that it has.
    const replicas = drawn < member.replicas ? drawn : drawn + 1;
    const what = `scale to ${replicas}`;
    const done = await change(scene, member, {
      ...{ what, kind: "scale" },
      ask: () => scene.instar.ask(path(member, "scale"), "POST", { replicas }),
    });
    if (done.deployment?.outcome === "succeeded") {
      member.replicas = replicas;
      member.past.replicasBy = "scale";
    }
    return { what, outcome: told(done) };
  },
  async recycle(scene, member) {
    const ask = () => scene.instar.ask(path(member, "recycle"), "POST", {});
    return { what: "recycle", outcome: told(await change(scene, member, { what: "recycle", kind: "recycle", ask })) };
  },
  async up(scene, member) {
    const { instar, fleet } = scene;
    const edition = member.edition + 1;
    const changed = fleet.map((one) => (one === member ? { ...one, edition } : one));
    const what = `up with EDITION=${edition}`;
    const file = instar.file(member.service, fileOf(changed, member.stack));
    const others = await Promise.all(
      fleet
        .filter((one) => one !== member && one.stack === member.stack)
        .map(async (other) => ({ other, before: await newestNumber(scene, other) })),
    );
    let ended: Outcome | null = null;
    const ask = async (): Promise<boolean> => {
      ended = await instar.run("up", "-f", file, "--stack", member.stack, "--unpin", "--force-file", "--json");
      return !saysAway(ended);
    };
    const done = await change(scene, member, { what, kind: "up", ask });
    if (done.deployment?.outcome === "succeeded") {
      member.edition = edition;
      wasApplied(member, done.deployment.to);
    }
    const outcomes = done.deployment === null ? [] : [done.deployment.outcome];
    for (const { other, before } of others) outcomes.push(...(await broughtAlong(scene, other, before)));
    const { code, stderr } = ended ?? { code: -1, stderr: done.refusal ?? "it could not be run" };
    const wrong = exitFault({ code, stderr, outcomes }, done.asked, scene.absences);
    if (wrong !== null) scene.faults.push(`${what} of ${member.name}: ${wrong}`);
    return { what, outcome: told(done) };
  },
  async touch(scene, member, chance) {
    const name = chance.pick(["exec", "copy", "exec as root"]);
    const [victim] = await running(scene, member);
    if (victim === undefined) return { what: `${name} nothing`, outcome: "none runs" };
    const at = Date.now();
    const touched = name === "copy" ? await copiedInto(victim.name) : await entered(victim.name, name === "exec as root");
    let outcome: string = member.kind === "enforced" ? REPLACED : "shown";
    if (member.kind === "enforced" && name !== "copy") outcome = await gone(scene, member, victim.name, at);
    else if (touched) await shown(scene, member, victim.name, at);
    await settled(scene, member);
    return { what: `${name} into ${victim.name}`, outcome: touched ? outcome : "refused: its root is read-only" };
  },
  async kill(scene, member) {
    const [victim, ...others] = await running(scene, member);
    if (victim === undefined) return { what: "kill nothing", outcome: "none runs" };
    const { State } = await scene.instar.docker.getContainer(victim.name).inspect();
    const at = Date.now();
    process.kill(State.Pid, "SIGKILL");
    const { name: service } = member;
    const died = { at: await ended(State.Pid), dyingAt: at };
    scene.incidents.push({ kind: "instance-died", service, instance: victim.name, ...died, others: others.length });
    await gone(scene, member, victim.name, null);
    await settled(scene, member);
    return { what: `kill -9 ${victim.name}`, outcome: `replaced after ${Date.now() - at} ms` };
  },
};

/**
 * Instances of it that give up from now on; ends with the answer. Heard as they come: the engine remembers its last 256 events only,
 * and 50 services have as many in half a minute.
 */
async function hearDeaths({ instar }: Scene, { name, stack, service }: Member): Promise<() => Promise<readonly Incident[]>> {
  const deaths: Promise<Incident>[] = [];
  const died = async (one: EngineMoment): Promise<Incident> => ({
    ...{ kind: "instance-died", service: name, instance: one.name, others: 0 },
    ...{ at: Math.ceil(one.at), dyingAt: await lastLineOf(instar, one) },
  });
  const watch = await EngineWatch.start(instar.docker, (one) => {
    if (one.action === "die" && one.exitCode === GAVE_UP && one.name.startsWith(`${stack}-${service}-r`)) deaths.push(died(one));
  });
  return () => {
    watch.stop();
    return Promise.all(deaths);
  };
}

/** The engine tells of an end up to a second after it, on a busy machine: it ended after its last line. Of one that is gone already: when it was told. */
async function lastLineOf({ docker }: Scene["instar"], { id, at }: EngineMoment): Promise<number> {
  const container = docker.getContainer(id);
  const lines = await container.logs({ stdout: false, stderr: true, timestamps: true, follow: false, tail: 10 }).catch((error: unknown) => {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
    return Buffer.alloc(0);
  });
  return lastBefore(lines.toString("utf8"), at);
}

/** Those of the service that take traffic, by name. */
async function running(scene: Scene, { stack, service }: Member): Promise<readonly InstanceView[]> {
  const { instances } = await asked<{ instances: InstanceView[] }>(scene, `/v1/instances?stack=${stack}&service=${service}`);
  return instances.filter(({ phase }) => phase === "serving").sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Until others fill every slot, and this one serves no more; or, after a touch, until Instar says that its slot was replaced often enough, and it was. */
async function gone(scene: Scene, member: Member, name: string, touchedAt: number | null): Promise<string> {
  const limit = Date.now() + 120_000;
  for (;;) {
    const serving = await running(scene, member);
    if (serving.length === member.replicas && serving.every((one) => one.name !== name)) return REPLACED;
    const { stack, service } = member;
    if (touchedAt !== null && mayBeHeld(scene.deeds, member.name, name, touchedAt)) {
      const { events } = await asked<{ events: EventView[] }>(scene, `/v1/events?stack=${stack}&service=${service}&limit=100`);
      if (events.some((one) => one.kind === "drift.held" && one.at >= touchedAt && one.message.startsWith(`${name} `))) return "held";
    }
    if (Date.now() > limit) {
      scene.faults.push(`${name} was not replaced within 120 s`);
      return "neither replaced nor held";
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** What the file did to another service of its stack: a number of replicas that was scaled is the file's now, and a revision of its own. */
async function broughtAlong(scene: Scene, other: Member, before: number): Promise<readonly DeploymentView["outcome"][]> {
  const latest = await settled(scene, other);
  const deployment = latest === null || numberOf(latest) <= before ? null : await begunSince(scene, other, before, "up");
  if (deployment === null) return [];
  const { id, outcome, reason, to } = deployment;
  if (outcome === "succeeded") wasApplied(other, to);
  else {
    scene.faults.push(`the file of ${other.name} (${id}) ${outcome}: ${reason}`);
    if (!CERTAIN.has(outcome)) other.past.forget();
  }
  return [outcome];
}

const EQUAL_MS = 60_000;

/** Its instances and containers are what they should be, or soon: a daemon that was just started has to prove them first. */
async function equals(scene: Scene, member: Member, when: string): Promise<void> {
  const { instar, faults } = scene;
  const labels = [`dev.instar.stack=${member.stack}`, `dev.instar.service=${member.service}`];
  let left: readonly string[] = [];
  const look = async (): Promise<boolean> => {
    const { instances } = await asked<{ instances: InstanceView[] }>(
      scene,
      `/v1/instances?stack=${member.stack}&service=${member.service}`,
    );
    left = unequal(member, instances, await containersOf(instar.docker, instar.id, ...labels));
    return left.length === 0;
  };
  await until(`${member.name} to be equal`, look, EQUAL_MS).catch((error: unknown) => {
    faults.push(...(left.length === 0 ? [`${when} ${member.name}: ${error}`] : left.map((line) => `${when} ${line}`)));
  });
}

/**
 * Where nobody but Instar can tell where a rollback went to (a deployment before it did not come to an end that is known, or the
 * rollback went where it should not), the service is taken for what it says it is, and held against its containers at the next rest.
 */
async function adopt(scene: Scene, member: Member): Promise<void> {
  member.past.forget();
  const { services } = await asked<{ services: ServiceView[] }>(scene, `/v1/services?stack=${member.stack}`);
  const view = services.find(({ service }) => service === member.service);
  const image = GOOD.find((one) => view?.image === rude(one));
  if (view === undefined || image === undefined) {
    scene.faults.push(`after a rollback ${member.name} is ${view?.image ?? "gone"}, which was never good`);
    return;
  }
  const [one] = await running(scene, member);
  const seen = one === undefined ? undefined : await scene.instar.docker.getContainer(one.name).inspect();
  const edition = Number(/^EDITION=(\d+)$/m.exec(seen?.Config.Env.join("\n") ?? "")?.[1] ?? member.edition);
  Object.assign(member, { image, edition, replicas: view.replicas.wanted });
  member.past.became({ revision: view.revision, image, edition, replicas: null });
}

async function entered(name: string, asRoot: boolean): Promise<boolean> {
  await docker("exec", ...(asRoot ? ["--user", "0"] : []), name, "true");
  return true;
}

/** False: the root of an enforced service is read-only, nothing was copied. */
async function copiedInto(name: string): Promise<boolean> {
  try {
    await docker("cp", "/etc/hostname", `${name}:/tmp/soak`);
    return true;
  } catch (error) {
    if (/read-only/.test(String(error))) return false;
    throw error;
  }
}

const SHOWN_MS = 60_000;

/** Until the touch is told, with the verdict that it makes. */
async function shown(scene: Scene, { name, stack, service }: Member, instance: string, at: number): Promise<void> {
  const look = async (): Promise<boolean> =>
    isShown(await asked<DriftView>(scene, `/v1/drift?stack=${stack}&service=${service}`), { instance, at }, scene.absences);
  await until(`the touch of ${instance} to show`, look, SHOWN_MS).catch((error: unknown) => {
    scene.faults.push(`${name}: what was done to ${instance} is not shown: ${error}`);
  });
}
