import { type Image, isGood } from "./story.ts";

/** Content, as a file has it. */
export interface Version {
  readonly app: Image;
  readonly job: Image;
  /** The value in the environment. */
  readonly edition: number;
}

/** What may serve in the end. */
export interface End extends Version {
  readonly replicas: number;
}

/** What changes what is wanted. */
export type Wish =
  | { readonly do: "up"; readonly version: Version; readonly replicas: number }
  | { readonly do: "scale"; readonly replicas: number }
  | { readonly do: "rollback" | "recycle" | "redeploy" }
  | { readonly do: "abort"; readonly deployment: string };

interface Wanted {
  /** A revision: its number, and what it is. */
  readonly number: number;
  readonly version: Version;
  readonly replicas: number;
}

/** A deployment under way. */
export interface Moving {
  /** The questions it is the answer to. */
  readonly asks: readonly number[];
  /** As its asker was told; null: nobody was. */
  readonly id: string | null;
  /** It has turned round. */
  readonly back: boolean;
  /** The world struck an instance that it was bringing in: it may fail for it. */
  readonly struck: boolean;
}

/** One that has ended, well or not. */
interface Past {
  readonly asks: readonly number[];
  readonly id: string | null;
  /** null: what it brought does not serve for it. */
  readonly succeeded: Pick<Wanted, "number" | "version"> | null;
}

/** One account of how things may stand. */
export interface Possible {
  /** What a failure goes back to. */
  readonly stable: Wanted;
  readonly target: Wanted;
  readonly moving: Moving | null;
  /** The revision made last: its content again makes no new one (ADR 0003). */
  readonly newest: Pick<Wanted, "number" | "version">;
  /** Newest first. */
  readonly past: readonly Past[];
  /** All that was ever wanted. */
  readonly ever: readonly Wanted[];
  /** Questions without an answer whose deed is done here. */
  readonly done: readonly number[];
}

/** No more than that, of a file. */
const versionOf = ({ app, job, edition }: Version): Version => ({ app, job, edition });

export const beginning = (file: Version, replicas: number): Possible => {
  const version = versionOf(file);
  const wanted: Wanted = { number: 1, version, replicas };
  const first: Past = { asks: [], id: null, succeeded: wanted };
  return { stable: wanted, target: wanted, moving: null, newest: wanted, past: [first], ever: [wanted], done: [] };
};

export const works = ({ app, job }: Version): boolean => isGood(app) && isGood(job);
const equal = (a: Version, b: Version): boolean => a.app === b.app && a.job === b.job && a.edition === b.edition;
/** A job is no part of an instance. */
export const sameInstances = (a: Pick<Version, "app" | "edition">, b: Pick<Version, "app" | "edition">): boolean =>
  a.app === b.app && a.edition === b.edition;

/** What the rules of the documents make of a wish; empty: it is refused. `struck` as in `Moving`. */
export function accepted(
  of: Possible,
  wish: Wish,
  ask: number,
  { sides, struck }: { readonly sides: boolean; readonly struck: (version: Version) => boolean },
): Possible[] {
  const { stable, target, moving, newest, past } = of;
  // Old and new side by side (docs/strategies.md): a scale is made within the step, and fresh instances are refused.
  const beside = sides && moving !== null && !moving.back && !sameInstances(stable.version, target.version);
  const begin = (to: Pick<Wanted, "number" | "version">, replicas: number): Possible[] => {
    const wanted: Wanted = { number: to.number, version: to.version, replicas };
    const next: Moving = { asks: [ask], id: null, back: false, struck: struck(to.version) };
    const overtaken = moving === null ? past : [over(moving, null), ...past];
    const latest = to.number > newest.number ? to : newest;
    const begun: Possible = { ...wantedToo(of, wanted), target: wanted, moving: next, newest: latest, past: overtaken };
    // What was let in already is what the next one begins beside.
    return beside && works(target.version) ? [begun, { ...begun, stable: { ...target, replicas: stable.replicas } }] : [begun];
  };
  const answering = (): Possible => (moving === null ? of : { ...of, moving: { ...moving, asks: [...moving.asks, ask] } });
  const besideRescaled = (replicas: number): Possible => {
    const [fresh, old] = [
      { ...target, replicas },
      { ...stable, replicas },
    ];
    return { ...wantedToo(answering(), fresh), target: fresh, stable: old };
  };
  const rescaled = (replicas: number): Possible[] => (beside ? [besideRescaled(replicas)] : begin(target, replicas));
  switch (wish.do) {
    case "up": {
      if (equal(target.version, wish.version)) return target.replicas === wish.replicas ? [answering()] : rescaled(wish.replicas);
      const again = equal(newest.version, wish.version);
      return begin(again ? newest : { number: newest.number + 1, version: versionOf(wish.version) }, wish.replicas);
    }
    case "scale":
      return rescaled(wish.replicas);
    case "recycle":
    case "redeploy":
      return beside ? [] : begin(target, target.replicas);
    case "rollback": {
      // The one that was good before the present one; a number set by hand outlives it.
      const before = past.flatMap(({ succeeded }) => succeeded ?? []).find(({ number }) => number !== target.number);
      return before === undefined ? [] : begin(before, target.replicas);
    }
    case "abort":
      if (moving === null || (moving.id !== null && moving.id !== wish.deployment)) return [];
      return [moving.back ? of : turned(of, moving)];
    default:
      return wish satisfies never;
  }
}

const wantedToo = (of: Possible, wanted: Wanted): Possible => ({ ...of, ever: [...of.ever, wanted] });
const over = ({ asks, id }: Moving, succeeded: Past["succeeded"]): Past => ({ asks, id, succeeded });

const turned = (of: Possible, moving: Moving): Possible => ({ ...of, target: of.stable, moving: { ...moving, back: true } });

/** How a deployment may go on by itself: what works succeeds once it was made, what does not turns round, what was struck does either. */
export function goesOn(of: Possible, made: (version: Version) => boolean): Possible[] {
  const { moving, target } = of;
  if (moving === null) return [];
  if (moving.back) return [ended(of, moving)];
  const next: Possible[] = [];
  if (works(target.version) && made(target.version)) next.push(succeeds(of, moving));
  if (!works(target.version) || moving.struck) next.push(turned(of, moving));
  return next;
}

const ended = (of: Possible, moving: Moving): Possible => ({ ...of, moving: null, past: [over(moving, null), ...of.past] });

const succeeds = (of: Possible, moving: Moving): Possible => {
  const { number, version } = of.target;
  return { ...of, stable: of.target, moving: null, past: [over(moving, { number, version }), ...of.past] };
};

/** What is left of it once people are told how a deployment ended; null: it cannot have been so. */
export function afterTold(of: Possible, deployment: string, outcome: string): Possible | null {
  const { moving, target } = of;
  const before = of.past.find(({ id }) => id === deployment);
  if (before !== undefined) return (before.succeeded !== null) === (outcome === "succeeded") ? of : null;
  if (moving === null || moving.id !== deployment) return of;
  if (outcome === "succeeded") return moving.back || !works(target.version) ? null : succeeds(of, moving);
  if (outcome === "superseded") return null;
  const back = moving.back || (outcome !== "aborted" && (!works(target.version) || moving.struck));
  if (!back) return null;
  const gone = moving.back ? of : turned(of, moving);
  return outcome === "going-back" ? gone : ended(gone, moving);
}

/** The asker was told which deployment is the answer; null: it is the name of another one. */
export function named(of: Possible, ask: number, id: string): Possible | null {
  const all = [...(of.moving === null ? [] : [of.moving]), ...of.past];
  const one = all.find(({ asks }) => asks.includes(ask));
  if (one === undefined || one.id === id) return of;
  if (one.id !== null || all.some((other) => other.id === id)) return null;
  const name = <T extends Pick<Past, "asks" | "id">>(other: T): T => (other.asks.includes(ask) ? { ...other, id } : other);
  return { ...of, moving: of.moving === null ? null : name(of.moving), past: of.past.map(name) };
}

/** Somebody saw an instance made: it was wanted once, or it cannot have been so. What is kept warm has as many as what serves. */
export const sawMade = ({ ever }: Possible, version: Pick<Version, "app" | "edition">, slot: number): boolean =>
  ever.some((wanted) => sameInstances(wanted.version, version)) && ever.some(({ replicas }) => slot <= replicas);
