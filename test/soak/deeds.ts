import { createInterface } from "node:readline";
import type { DeploymentView, InstanceView, ServiceView } from "../../src/reconcile/control.ts";
import { rude, type Variant } from "../apps/images.ts";
import { docker } from "../e2e/docker-command.ts";
import type { Random } from "../simulation/random.ts";
import type { Incident } from "./allowed.ts";
import { fileOf, type Member } from "./fleet.ts";
import { asked, moved, type Scene, settled } from "./scene.ts";

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
  what: string,
  wanted: DeploymentView["outcome"],
  ask: () => Promise<unknown>,
): Promise<DeploymentView | null> {
  const { deployment, refusal } = await moved(scene, member, ask);
  if (refusal !== null) scene.faults.push(`${what} of ${member.name} was refused: ${refusal}`);
  if (deployment !== null && deployment.outcome !== wanted)
    scene.faults.push(`${what} of ${member.name} (${deployment.id}) ${deployment.outcome}, not ${wanted}: ${deployment.reason}`);
  return deployment;
}

const told = (deployment: DeploymentView | null): string =>
  deployment === null ? "not taken: the daemon or the router was away" : `${deployment.id} ${deployment.outcome}`;

async function deploy(scene: Scene, member: Member, image: Variant, wanted: "succeeded" | "rolled-back"): Promise<Done> {
  const what = `deploy ${image}`;
  const done = await change(scene, member, what, wanted, () => scene.instar.ask(path(member, "deploy"), "POST", { image: rude(image) }));
  if (done?.outcome === "succeeded") member.image = image;
  return { what, outcome: told(done) };
}

const DOING: Readonly<Record<Act, Doing>> = {
  deploy: (scene, member, chance) => {
    const [first = "v1", ...others] = GOOD.filter((image) => image !== member.image);
    return deploy(scene, member, chance.pick([first, ...others]), "succeeded");
  },
  async bad(scene, member, chance) {
    const since = Date.now();
    const done = await deploy(scene, member, chance.pick(BAD), "rolled-back");
    // What may have only one writer serves alone before it has proved itself.
    if (member.kind === "writer") scene.incidents.push(...(await diedByItself(scene, member, since)));
    return done;
  },
  async rollback(scene, member) {
    const { deployment, refusal } = await moved(scene, member, () => scene.instar.ask(path(member, "rollback"), "POST", { to: null }));
    // A service that has had one good version only.
    if (refusal !== null && !refusal.includes("INS2")) scene.faults.push(`rollback of ${member.name} was refused: ${refusal}`);
    if (deployment !== null && deployment.outcome !== "succeeded")
      scene.faults.push(`rollback of ${member.name} (${deployment.id}) ${deployment.outcome}: ${deployment.reason}`);
    await adopt(scene, member);
    return { what: "rollback", outcome: refusal ?? told(deployment) };
  },
  async scale(scene, member, chance) {
    if (member.replicas === 1) return DOING.recycle(scene, member, chance);
    const drawn = chance.whole(INSTANCES.least, INSTANCES.most - 1);
    // Never the number that it has.
    const replicas = drawn < member.replicas ? drawn : drawn + 1;
    const what = `scale to ${replicas}`;
    const done = await change(scene, member, what, "succeeded", () => scene.instar.ask(path(member, "scale"), "POST", { replicas }));
    if (done?.outcome === "succeeded") member.replicas = replicas;
    return { what, outcome: told(done) };
  },
  async recycle(scene, member) {
    return {
      what: "recycle",
      outcome: told(await change(scene, member, "recycle", "succeeded", () => scene.instar.ask(path(member, "recycle"), "POST", {}))),
    };
  },
  async up(scene, member) {
    const { instar, fleet } = scene;
    const edition = member.edition + 1;
    const changed = fleet.map((one) => (one === member ? { ...one, edition } : one));
    const what = `up with EDITION=${edition}`;
    const file = instar.file(member.service, fileOf(changed, member.stack));
    const ask = async (): Promise<void> => {
      // A command that lost its daemon says so in its own words; what came of it is looked up afterwards.
      await instar.run("up", "-f", file, "--stack", member.stack, "--unpin", "--force-file", "--json");
    };
    const done = await change(scene, member, what, "succeeded", ask);
    if (done?.outcome === "succeeded") member.edition = edition;
    return { what, outcome: told(done) };
  },
  async touch(scene, member, chance) {
    const name = chance.pick(["exec", "copy", "exec as root"]);
    const [victim] = await running(scene, member);
    if (victim === undefined) return { what: `${name} nothing`, outcome: "none runs" };
    if (name === "copy") await docker("cp", "/etc/hostname", `${victim.name}:/tmp/soak`).catch(readOnly);
    else await docker("exec", ...(name === "exec" ? [] : ["--user", "0"]), victim.name, "true");
    if (member.kind === "enforced" && name !== "copy") await gone(scene, member, victim.name);
    await settled(scene, member);
    return { what: `${name} into ${victim.name}`, outcome: member.kind === "enforced" ? "replaced" : "shown" };
  },
  async kill(scene, member) {
    const [victim, ...others] = await running(scene, member);
    if (victim === undefined) return { what: "kill nothing", outcome: "none runs" };
    const { State } = await scene.instar.docker.getContainer(victim.name).inspect();
    const at = Date.now();
    process.kill(State.Pid, "SIGKILL");
    const { name: service } = member;
    scene.incidents.push({ kind: "instance-died", service, instance: victim.name, at, others: others.length });
    await gone(scene, member, victim.name);
    await settled(scene, member);
    return { what: `kill -9 ${victim.name}`, outcome: `replaced after ${Date.now() - at} ms` };
  },
};

/** What the application ended itself, as the engine tells it. */
async function diedByItself({ instar }: Scene, { name, stack, service }: Member, since: number): Promise<readonly Incident[]> {
  const filters = { event: ["die"], label: [`dev.instar.stack=${stack}`, `dev.instar.service=${service}`] };
  const [from, until] = [Math.floor(since / 1000), Math.ceil(Date.now() / 1000)];
  const told = await instar.docker.getEvents({ since: from, until, filters: JSON.stringify(filters) });
  const events = createInterface({ input: told });
  const deaths: Incident[] = [];
  for await (const line of events) {
    const { timeNano, Actor } = JSON.parse(line);
    const at = Math.round(timeNano / 1e6);
    if (Actor.Attributes.exitCode === GAVE_UP && at >= since)
      deaths.push({ kind: "instance-died", service: name, instance: Actor.Attributes.name, at, others: 0 });
  }
  return deaths;
}

/** Those of the service that take traffic, by name. */
async function running(scene: Scene, { stack, service }: Member): Promise<readonly InstanceView[]> {
  const { instances } = await asked<{ instances: InstanceView[] }>(scene, `/v1/instances?stack=${stack}&service=${service}`);
  return instances.filter(({ phase }) => phase === "serving").sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Until others fill every slot, and this one serves no more. */
async function gone(scene: Scene, member: Member, name: string): Promise<void> {
  const limit = Date.now() + 120_000;
  for (;;) {
    const serving = await running(scene, member);
    if (serving.length === member.replicas && serving.every((one) => one.name !== name)) return;
    if (Date.now() > limit) {
      scene.faults.push(`${name} was not replaced within 120 s`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** After a rollback the service is what the revision was: asked of Instar, and held against its containers at the next rest. */
async function adopt(scene: Scene, member: Member): Promise<void> {
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
}

/** The root of an enforced service is read-only: nothing was copied. */
function readOnly(error: unknown): void {
  if (!/read-only/.test(String(error))) throw error;
}
