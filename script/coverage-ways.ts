import { relative } from "node:path";

interface Place {
  /** No line: an `else` that is not written. */
  readonly start: { readonly line?: number };
}

/** Istanbul's format of a file (`coverage-final.json`), as far as it is read here. */
export interface Covered {
  readonly branchMap: Readonly<Record<string, { readonly type: string; readonly loc: Place; readonly locations: readonly Place[] }>>;
  /** How often each way of a branch was taken. */
  readonly b: Readonly<Record<string, readonly number[]>>;
}

/** One way of a branch: of `a ?? b` the second, of an `if` either. */
export interface Way {
  /** From the project's root. */
  readonly file: string;
  readonly line: number;
  /** Istanbul's: if, cond-expr, binary-expr, switch, default-arg. */
  readonly type: string;
  /** Which of this type on this line, in the order of the source. The same for each reading of a file. */
  readonly nth: number;
  readonly taken: boolean;
}

export function waysOf(report: Readonly<Record<string, Covered>>, root: string): Way[] {
  return Object.entries(report).flatMap(([path, { branchMap, b }]) => {
    const counts = new Map<string, number>();
    return Object.entries(branchMap).flatMap(([id, { type, loc, locations }]) =>
      locations.map(({ start }, index) => {
        const line = start.line ?? loc.start.line ?? 0;
        const nth = counts.get(`${line} ${type}`) ?? 0;
        counts.set(`${line} ${type}`, nth + 1);
        return { file: relative(root, path), line, type, nth, taken: (b[id]?.[index] ?? 0) > 0 };
      }),
    );
  });
}

const keyOf = ({ file, line, type, nth }: Way): string => `${file}:${line} ${type} ${nth}`;

/** Those of the first, taken where either took them. Raises an Error for a file whose ways differ: it was not read alike. */
export function united(ways: readonly Way[], others: readonly Way[]): Way[] {
  const known = new Set(ways.map(keyOf));
  const strange = others.filter((way) => !known.has(keyOf(way)));
  if (strange.length > 0) throw new Error(`read otherwise: ${strange.slice(0, 5).map(keyOf).join(", ")} and ${strange.length} in all`);
  const took = new Set(others.filter(({ taken }) => taken).map(keyOf));
  return ways.map((way) => ({ ...way, taken: way.taken || took.has(keyOf(way)) }));
}
