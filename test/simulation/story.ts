import { Random } from "./random.ts";

/** What an image does; `good` ones differ in content only. */
export const IMAGES = {
  "app:v1": "good",
  "app:v2": "good",
  "app:v3": "good",
  "app:ends": "it ends at its start",
  "app:mute": "it never becomes ready",
  "app:brief": "it is ready, and ends 300 ms later",
} as const;
export type Image = keyof typeof IMAGES;
export const isGood = (image: Image): boolean => IMAGES[image] === "good";

export interface Setting {
  readonly replicas: number;
  /** Its volume has one writer, so instances are replaced stop-first and requests are held. */
  readonly exclusive: boolean;
  readonly parallelism: number;
  readonly minReadyMs: number;
  /** Requests a second, and the longest of them in ms. */
  readonly rate: number;
  readonly slowestMs: number;
  /** Longest delay of a call to the engine, to the router and to the store. */
  readonly engineMs: number;
  readonly routerMs: number;
  readonly storeMs: number;
  /** From the start of a good image to ready; from SIGTERM to its end, null: it does not listen. */
  readonly readyMs: number;
  readonly stopMs: number | null;
}

/** Where `nth` stands, it counts the instances that run then, in the order of their names. */
export type Deed =
  | { readonly do: "deploy"; readonly image: Image }
  | { readonly do: "rollback" | "recycle" | "redeploy" | "pause" | "resume" | "abort" | "reboot" | "restart-router" | "replace-router" }
  | { readonly do: "scale"; readonly replicas: number }
  | { readonly do: "end" | "vanish" | "touch-router"; readonly nth: number }
  | { readonly do: "kill-daemon"; readonly effects: number; readonly atAnswer: boolean; readonly awayMs: number }
  | { readonly do: "engine-away" | "router-away" | "lose-events"; readonly forMs: number }
  | { readonly do: "lose-answers"; readonly share: number; readonly forMs: number };

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
  const setting: Setting = {
    replicas: exclusive ? 1 : random.whole(1, 4),
    exclusive,
    parallelism: random.whole(0, 2),
    minReadyMs: random.pick([0, 0, 200]),
    rate: random.pick([5, 10, 20]),
    slowestMs: random.pick([50, 500, 2000]),
    engineMs: random.pick([0, 20, 300]),
    routerMs: random.pick([0, 5, 100]),
    storeMs: random.pick([0, 0, 20]),
    readyMs: random.pick([0, 100, 1500]),
    stopMs: random.pick([0, 100, 1500, null]),
  };
  const happenings: Happening[] = [];
  const count = random.whole(1, 6);
  for (let n = 0; n < count; n++) happenings.push({ at: random.whole(0, 15_000), ...deed(random, setting) });
  return { seed, setting, happenings: happenings.sort((a, b) => a.at - b.at) };
}

function deed(random: Random, { exclusive }: Setting): Deed {
  const kind = random.whole(0, 99);
  if (kind < 35) return { do: "deploy", image: random.pick(["app:v1", "app:v2", "app:v3", "app:v2", "app:ends", "app:mute", "app:brief"]) };
  if (kind < 40) return { do: random.pick(["rollback", "recycle", "redeploy"]) };
  if (kind < 45 && !exclusive) return { do: "scale", replicas: random.whole(1, 5) };
  if (kind < 50) return { do: random.pick(["pause", "resume", "abort"]) };
  if (kind < 70)
    return { do: "kill-daemon", effects: random.whole(0, 30), atAnswer: random.chance(0.5), awayMs: random.pick([0, 500, 5_000]) };
  if (kind < 77) return { do: "end", nth: random.whole(0, 4) };
  if (kind < 80) return { do: "vanish", nth: random.whole(0, 4) };
  if (kind < 84) return { do: "touch-router", nth: random.whole(0, 4) };
  if (kind < 88) return { do: "engine-away", forMs: random.pick([200, 3_000]) };
  if (kind < 91) return { do: "lose-events", forMs: random.pick([1_000, 8_000]) };
  if (kind < 95) return { do: "lose-answers", share: random.pick([0.05, 0.3]), forMs: random.pick([1_000, 4_000]) };
  if (kind < 97) return { do: "reboot" };
  return { do: random.pick(["restart-router", "replace-router"]) };
}

/** One sentence a line, for people. */
export function told({ seed, setting, happenings }: Story): string {
  const first = `Seed ${seed}: ${setting.replicas} × app:v1${setting.exclusive ? ", one writer" : ""}; ${JSON.stringify(setting)}`;
  return [first, ...happenings.map(({ at, do: what, ...how }) => `  at ${at} ms ${what} ${JSON.stringify(how)}`)].join("\n");
}
