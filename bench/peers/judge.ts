import type { Results, Row } from "./row.ts";

/** One claim beside what was measured. */
export interface Verdict {
  readonly claim: string;
  /** null: it was not measured. */
  readonly met: boolean | null;
  readonly measured: string;
}

const AGAINST_SWARM = 0.6;
const AGAINST_FLOOR = 1.3;

/** The claims of the race. Times are compared where no request of two seconds has to be waited for: the floor and a rude peer wait for none. */
export function verdicts(results: Results): readonly Verdict[] {
  const ours = results.instar?.rows ?? [];
  const rolling = ours.filter(({ shape, traffic }) => shape === "three" && traffic === "quick");
  const toSwarm = rolling.flatMap((row) => {
    const other = results.swarm?.rows.find((one) => isSameCell(one, row));
    return other === undefined ? [] : [ratio(row, other.totalMs)];
  });
  const toFloor = rolling.map((row) => ratio(row, row.floorMs));
  return [
    noneFailed("Instar: no request fails in any row", ours),
    noneFailed(
      "Instar: no request fails when a single stateful instance is swapped",
      ours.filter(({ shape }) => shape === "one"),
    ),
    atMost(`rolling 3 replicas, Instar's time at most ${AGAINST_SWARM} of Swarm's`, toSwarm, AGAINST_SWARM),
    atMost(`rolling 3 replicas, Instar's time at most ${AGAINST_FLOOR} of the floor`, toFloor, AGAINST_FLOOR),
  ];
}

export const isSameCell = (a: Row, b: Row): boolean =>
  a.shape === b.shape && a.manner === b.manner && a.traffic === b.traffic && a.move === b.move;

interface Ratio {
  readonly of: string;
  readonly value: number;
}

const ratio = (row: Row, against: number): Ratio => ({ of: `${row.move} ${row.manner}`, value: row.totalMs / against });

function noneFailed(claim: string, rows: readonly Row[]): Verdict {
  const failed = rows.reduce((sum, row) => sum + row.failed, 0);
  const requests = rows.reduce((sum, row) => sum + row.requests, 0);
  return { claim, met: rows.length === 0 ? null : failed === 0, measured: `${failed} of ${requests.toLocaleString("en")}` };
}

function atMost(claim: string, ratios: readonly Ratio[], limit: number): Verdict {
  const measured = ratios.map(({ of, value }) => `${of} ${value.toFixed(2)}`).join(", ");
  return { claim, met: ratios.length === 0 ? null : ratios.every(({ value }) => value <= limit), measured };
}
