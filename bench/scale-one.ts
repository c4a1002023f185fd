/**
 * One size of bench/scale.ts, in a process of its own: `node --expose-gc bench/scale-one.ts SERVICES REPLICAS` prints its figures as JSON.
 * Times are the processor's, so that other work on the machine is not in them.
 */
import { median } from "./figure.ts";
import { ScaleWorld } from "./scale-world.ts";

export interface SizeFigures {
  readonly services: number;
  readonly replicas: number;
  readonly instances: number;
  /** From the start of the daemon until everything has been looked at, ms. */
  readonly openMs: number;
  /** Every service looked at once, ms. */
  readonly fullMs: number;
  /** One service looked at because an event of its instance was heard, ms. */
  readonly oneMs: number;
  /** One instance dies and is replaced: all passes, steps and tables until everything rests, ms. */
  readonly healMs: number;
  /** What the daemon holds beyond the world and the store, MB of heap. */
  readonly memoryMb: number;
  readonly storeMb: number;
  /** An event of every instance at once: how many were waiting at worst, and until all had been heard and looked after, ms. */
  readonly backlog: number;
  readonly backlogMs: number;
}

const LOOK_EVERY_MS = 10_000;
const ROUNDS = 3;
/** Long enough for a pass; nothing else comes in it. */
const MOMENT_MS = 200;

async function measured(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function several(work: () => Promise<void>): Promise<number> {
  const took: number[] = [];
  for (let n = 0; n < ROUNDS; n++) took.push(await measured(work));
  return median(took);
}

/** Live objects only. */
function heapMb(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

export async function figuresOf(services: number, replicas: number): Promise<SizeFigures> {
  const world = await ScaleWorld.make({ services, replicas });
  const { engine, router } = world;
  // What the fakes write down for tests is no part of the daemon.
  const forget = (): void => {
    engine.control.calls.splice(0);
    router.control.calls.splice(0);
  };
  const [name = ""] = world.names;
  const storeMb = world.storeBytes / 1024 / 1024;
  forget();
  const before = heapMb();
  const openMs = await measured(() => world.open());
  // The looks of the daemon come every ten seconds after its start; the repairs of the router between them are left out.
  const toTheNextLook = async (): Promise<void> => {
    await world.pass(LOOK_EVERY_MS - 1 - world.sinceLook);
  };
  const looks: number[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    await toTheNextLook();
    looks.push(await measured(() => world.pass(MOMENT_MS)));
  }
  forget();
  const memoryMb = heapMb() - before;
  const touch = (one: string): void => engine.control.touch(one, "health_status: healthy");
  const oneMs = await several(async () => {
    touch(name);
    await world.pass(MOMENT_MS);
  });
  let backlog = 0;
  const { names } = world;
  const backlogMs = await several(async () => {
    for (const one of names) touch(one);
    backlog = Math.max(backlog, engine.control.unread());
    await world.pass(MOMENT_MS);
  });
  const victims = names.filter((_, n) => n % Math.ceil(names.length / ROUNDS) === 0);
  const heals: number[] = [];
  for (const victim of victims)
    heals.push(
      await measured(async () => {
        engine.control.crash(victim);
        await world.untilReplaced(victim);
      }),
    );
  if (world.reports.length > 0) throw new Error(`the daemon reported: ${world.reports.slice(0, 3).join("; ")}`);
  const sizes = { services, replicas, instances: services * replicas };
  return { ...sizes, openMs, fullMs: median(looks), oneMs, healMs: median(heals), memoryMb, storeMb, backlog, backlogMs };
}

if (import.meta.main) {
  const [services = 10, replicas = 10] = process.argv.slice(2).map(Number);
  console.log(JSON.stringify(await figuresOf(services, replicas)));
  process.exit(0);
}
