import { Random } from "./random.ts";

/** What an image does; `good` ones differ in content only. */
export const IMAGES = {
  "app:v1": "good",
  "app:v2": "good",
  "app:v3": "good",
  "app:ends": "it ends at its start",
  "app:mute": "it never becomes ready",
  "app:brief": "it is ready, and ends 300 ms later",
  "db:v1": "good",
  "db:v2": "good",
  "db:ends": "it ends at its start",
  "job:good": "good",
  "job:bad": "it ends with an exit code that is not 0",
} as const;
export type Image = keyof typeof IMAGES;
export const isGood = (image: string): boolean => (IMAGES as Readonly<Record<string, string>>)[image] === "good";

export interface Setting {
  readonly replicas: number;
  /** Its volume has one writer, so instances are replaced stop-first and requests are held. */
  readonly exclusive: boolean;
  /** Not with one writer, which has only the first. */
  readonly strategy: "rolling" | "blue-green" | "canary";
  /** How long the set before is kept ready, where old and new stand side by side. */
  readonly warmMs: number;
  /** A second service with a volume of its own, on which the first one depends. */
  readonly database: boolean;
  /** A job that each new revision brings with it. */
  readonly job: "none" | "before" | "after";
  readonly parallelism: number;
  readonly minReadyMs: number;
  /** Requests a second, and the longest of them in ms. */
  readonly rate: number;
  readonly slowestMs: number;
  /** Longest delay of a call to the engine, to the router and to the store. */
  readonly engineMs: number;
  readonly routerMs: number;
  readonly storeMs: number;
  /** How late an event may come; then some come twice. */
  readonly eventMs: number;
  /** From the start of a good image to ready; from SIGTERM to its end, null: it does not listen. */
  readonly readyMs: number;
  readonly stopMs: number | null;
  /** Until the router's table is in its file, and how long a reload takes. Older stories have neither. */
  readonly persistMs?: number;
  readonly reloadMs?: number;
}

/** What people ask for, and the kill of the daemon. */
export type Asked =
  | { readonly do: "deploy"; readonly image: Image; readonly job: "job:good" | "job:bad" }
  | { readonly do: "deploy-database"; readonly image: Image }
  /** The file has another environment: new content of the same image. */
  | { readonly do: "edit" }
  | { readonly do: "rollback" | "recycle" | "redeploy" | "pause" | "resume" | "abort" | "replace-router" }
  | { readonly do: "scale"; readonly replicas: number }
  | { readonly do: "kill-daemon"; readonly effects: number; readonly atAnswer: boolean; readonly awayMs: number };

/** What the world does. Where `nth` stands, it counts the instances that run then, in the order of their names. */
export type Misfortune =
  | { readonly do: "end" | "vanish"; readonly nth: number }
  /** Every process of every instance at once. */
  | { readonly do: "end-all" }
  /** Its check fails, and it answers requests. */
  | { readonly do: "flap"; readonly nth: number; readonly forMs: number }
  | { readonly do: "touch-router"; readonly nth: number; readonly to?: "maint" | "gone" }
  /** `host`: HAProxy and the daemon go down with it. `cold`: a kill -9 of an engine without live-restore. */
  | { readonly do: "reboot"; readonly host?: boolean; readonly cold?: boolean }
  | { readonly do: "restart-router" }
  | { readonly do: "engine-away" | "router-away" | "lose-events"; readonly forMs: number }
  /** After so many more changes, in the midst of a transaction or not. */
  | { readonly do: "disk-full"; readonly forMs: number; readonly after?: number }
  | { readonly do: "lose-answers"; readonly share: number; readonly forMs: number };

export type Deed = Asked | Misfortune;

export type Happening = Deed & { readonly at: number };

export interface Story {
  readonly seed: number;
  readonly setting: Setting;
  readonly happenings: readonly Happening[];
}

/** What a seed tells: a setting, then one to six things that happen within fifteen seconds. */
export function storyOf(seed: number): Story {
  const random = new Random(seed);
  const exclusive = random.chance(0.3);
  const together = exclusive || random.chance(0.6);
  const setting: Setting = {
    replicas: exclusive ? 1 : random.whole(1, 4),
    exclusive,
    strategy: together ? "rolling" : random.pick<Setting["strategy"]>(["blue-green", "canary"]),
    warmMs: random.pick([0, 3_000]),
    database: random.chance(0.2),
    job: random.pick(["none", "none", "none", "before", "after"]),
    parallelism: random.whole(0, 2),
    minReadyMs: random.pick([0, 0, 200]),
    rate: random.pick([5, 10, 20]),
    // The longest outlives the drain.
    slowestMs: random.pick([50, 500, 2_000, 6_000]),
    engineMs: random.pick([0, 20, 300]),
    routerMs: random.pick([0, 5, 100]),
    storeMs: random.pick([0, 0, 20]),
    eventMs: random.pick([0, 0, 50, 500]),
    readyMs: random.pick([0, 100, 1500]),
    stopMs: random.pick([0, 100, 1500, null]),
    persistMs: random.pick([0, 0, 50, 500]),
    reloadMs: random.pick([0, 200]),
  };
  const happenings: Happening[] = [];
  const count = random.whole(1, 6);
  for (let n = 0; n < count; n++) happenings.push(killed({ at: random.whole(0, 15_000), ...deed(random, setting) }));
  return { seed, setting, happenings: happenings.sort((a, b) => a.at - b.at) };
}

/** Besides what was asked: each question that is open doubles what the judge has to keep in mind. */
const ASKED: ReadonlySet<Deed["do"]> = new Set([
  ...(["deploy", "deploy-database", "edit", "rollback", "recycle", "redeploy"] as const),
  ...(["pause", "resume", "abort", "scale"] as const),
]);
const CROWD = 8;

/** What a seed tells, and besides it what befalls the stories of others: at least eight misfortunes and kills more, in the same fifteen seconds. */
export function crowdedStoryOf(seed: number): Story {
  const { setting, happenings } = storyOf(seed);
  const more: Happening[] = [];
  for (let other = 1_000_000 + 50 * seed; more.length < CROWD; other++) {
    const one = storyOf(other);
    if (one.setting.exclusive === setting.exclusive) more.push(...one.happenings.filter((happening) => !ASKED.has(happening.do)));
  }
  return { seed, setting, happenings: [...happenings, ...more].sort((a, b) => a.at - b.at) };
}

/** Whether it was a kill is drawn from the moment: with a draw of its own every seed would tell another story than it did. */
const killed = (one: Happening): Happening => (one.do === "reboot" && one.host !== true && one.at % 2 === 1 ? { ...one, cold: true } : one);

function deed(random: Random, { exclusive, database, job }: Setting): Deed {
  const kind = random.whole(0, 99);
  if (kind < 5 && database) return { do: "deploy-database", image: random.pick(["db:v1", "db:v2", "db:ends"]) };
  if (kind < 8) return { do: "edit" };
  if (kind < 35)
    return {
      do: "deploy",
      image: random.pick(["app:v1", "app:v2", "app:v3", "app:v2", "app:ends", "app:mute", "app:brief"]),
      job: job !== "none" && random.chance(0.3) ? "job:bad" : "job:good",
    };
  if (kind < 40) return { do: random.pick(["rollback", "recycle", "redeploy"]) };
  if (kind < 45 && !exclusive) return { do: "scale", replicas: random.whole(1, 5) };
  if (kind < 50) return { do: random.pick(["pause", "resume", "abort"]) };
  if (kind < 68)
    return { do: "kill-daemon", effects: random.whole(0, 30), atAnswer: random.chance(0.5), awayMs: random.pick([0, 500, 5_000]) };
  if (kind < 75) return { do: "end", nth: random.whole(0, 4) };
  if (kind < 79) return { do: "vanish", nth: random.whole(0, 4) };
  if (kind < 81) return { do: "touch-router", nth: random.whole(0, 4), to: random.pick(["maint", "gone"]) };
  if (kind < 82) return random.chance(0.5) ? { do: "end-all" } : { do: "flap", nth: random.whole(0, 4), forMs: random.pick([500, 5_000]) };
  if (kind < 86) return { do: "engine-away", forMs: random.pick([200, 3_000]) };
  if (kind < 88) return { do: "disk-full", forMs: random.pick([500, 4_000]), after: random.pick([0, 1, 2, 5]) };
  if (kind < 91) return { do: "lose-events", forMs: random.pick([1_000, 8_000]) };
  if (kind < 95) return { do: "lose-answers", share: random.pick([0.05, 0.3]), forMs: random.pick([1_000, 4_000]) };
  if (kind < 97) return { do: "reboot", host: random.chance(0.5) };
  if (kind < 98) return { do: "router-away", forMs: random.pick([200, 3_000]) };
  return { do: random.pick(["restart-router", "replace-router"]) };
}

/** One sentence a line, for people. */
export function told({ seed, setting, happenings }: Story): string {
  const { replicas, exclusive, strategy, database, job } = setting;
  const parts = [strategy, exclusive ? "one writer" : "", database ? "a database" : "", job === "none" ? "" : `a job ${job}`];
  const first = `Seed ${seed}: ${replicas} × app:v1, ${parts.filter((part) => part !== "").join(", ")}; ${JSON.stringify(setting)}`;
  return [first, ...happenings.map(({ at, do: what, ...how }) => `  at ${at} ms ${what} ${JSON.stringify(how)}`)].join("\n");
}
