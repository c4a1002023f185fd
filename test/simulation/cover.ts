interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The first moment of the stretch that lies in none of these; null: together they cover it. */
export function uncovered({ from, to }: Stretch, by: readonly Stretch[]): number | null {
  let known = from;
  for (const one of [...by].sort((a, b) => a.from - b.from)) if (one.from <= known) known = Math.max(known, one.to);
  return known < to ? known : null;
}
