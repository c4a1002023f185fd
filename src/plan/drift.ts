/** What an instance's drift is called, from everything that is known of it. Instants in ms. */

export type Verdict = "none" | "tainted" | "changed" | "worn" | "foreign" | "unwatched";

export interface Cause {
  readonly kind: "exec" | "copy" | "write" | "update" | "rename" | "pause" | "network" | "mount" | "restart" | "managed-file";
  readonly detail: string;
  readonly at: number;
  readonly by: string;
}

export interface Known {
  /** `x-instar.immutable`. */
  readonly policy: Policy;
  readonly createdAt: number;
  /** What was done to it, oldest first. */
  readonly touches: readonly (Cause & { readonly taints: boolean })[];
  /** What the last look found; null before the first. */
  readonly look: Found | null;
  /** It was restarted alone. */
  readonly worn: boolean;
  /** Stretches in which somebody could have acted unseen. */
  readonly blind: readonly { readonly from: number; readonly to: number; readonly reason: string }[];
}

export type Policy = "enforce" | "detect" | "off";

export interface Found {
  readonly at: number;
  readonly changed: readonly { readonly path: string; readonly kind: "A" | "C" | "D"; readonly at: number }[];
  readonly more: boolean;
  readonly configuration: readonly string[];
  readonly foreign: string | null;
  readonly filesChanged: readonly string[];
}

interface Row {
  readonly verdict: Exclude<Verdict, "none">;
  /** In words; null: the row does not match. */
  readonly when: (known: Known) => string | null;
}

/** The first row that matches decides. */
const ROWS: readonly Row[] = [
  { verdict: "foreign", when: ({ look }) => look?.foreign ?? null },
  { verdict: "tainted", when: ({ touches }) => inWords(touches.filter(({ taints }) => taints)) },
  { verdict: "changed", when: ({ look }) => (look === null ? null : differences(look)) },
  { verdict: "worn", when: ({ worn }) => (worn ? "it was restarted alone, and has its old writable layer" : null) },
  { verdict: "unwatched", when: (known) => unseen(known) },
];

/** `off`: nobody asked. */
export function verdictOf(known: Known): { readonly verdict: Verdict; readonly because: string } {
  if (known.policy === "off") return { verdict: "none", because: "its file says immutable: off" };
  for (const { verdict, when } of ROWS) {
    const because = when(known);
    if (because !== null) return { verdict, because };
  }
  return { verdict: "none", because: "it is as it was made" };
}

const inWords = (touches: Known["touches"]): string | null => {
  const [first, ...more] = touches;
  if (first === undefined) return null;
  return `${first.kind} by ${first.by}: ${first.detail}${more.length === 0 ? "" : `, and ${more.length} more`}`;
};

function differences(look: Found): string | null {
  const all = [...look.changed.map(({ path }) => path), ...look.filesChanged, ...look.configuration];
  const [first] = all;
  if (first === undefined) return null;
  return `${first}${all.length === 1 ? "" : ` and ${all.length - 1}${look.more ? " or more" : ""} others`} differ from what it was made with`;
}

/** Alive in a gap: created before it ended. Of several the last is told. */
const unseen = ({ blind, createdAt }: Known): string | null =>
  blind
    .filter(({ to }) => createdAt < to)
    .map(({ reason }) => `nobody watched it: ${reason}`)
    .at(-1) ?? null;

/** Everything there is to say, oldest first; what the look found has the time it was first so. */
export function causesOf(known: Known): readonly Cause[] {
  if (known.policy === "off") return [];
  const { look } = known;
  const unknown = "somebody with access to the host, or the application itself";
  const found: Cause[] =
    look === null
      ? []
      : [
          ...look.changed.map(({ path, kind, at }): Cause => ({ kind: "write", detail: `${kind} ${path}`, at, by: unknown })),
          ...look.filesChanged.map((path): Cause => ({ kind: "managed-file", detail: path, at: look.at, by: unknown })),
          ...look.configuration.map((detail): Cause => ({ kind: "update", detail, at: look.at, by: "a client of the engine" })),
        ];
  const touches = known.touches.map(({ kind, detail, at, by }): Cause => ({ kind, detail, at, by }));
  return [...touches, ...found].sort((a, b) => a.at - b.at);
}
