import { median } from "../figure.ts";
import type { MoveKind, Outcome } from "./counting.ts";
import type { PeerName } from "./peer.ts";

/** What is raced: a service of this shape and manner under this traffic. */
export interface Scenario {
  readonly shape: "three" | "one";
  readonly manner: "polite" | "rude";
  /** `quick`: GET and POST; `slow`: one in twenty of them is answered after two seconds. */
  readonly traffic: "quick" | "slow";
}

/** One line of the table: every deployment of one kind in one scenario by one peer. Times in ms, memory in MB. */
export interface Row extends Scenario, Omit<Outcome, "kind" | "extraMb"> {
  readonly peer: PeerName;
  readonly move: MoveKind;
  readonly deployments: number;
  readonly extraMb: number;
  /** The engine's own time for the same number of containers, in the same minutes. */
  readonly floorMs: number;
  /** When it began, and the share of the machine's CPU, 0 to 1, that others took in the second before. */
  readonly at: string;
  readonly busy: number;
  /** How late the load generator was, at worst: the other times are not better than that. */
  readonly lagMs: number;
}

/** What one peer showed. */
export interface Part {
  readonly machine: string;
  readonly versions: readonly string[];
  readonly recipe: string;
  readonly title: string;
  readonly rows: readonly Row[];
}

export const nameOf = ({ shape, traffic, manner }: Scenario): string => `${shape}-${traffic}-${manner}`;

/** With these scenarios' rows in the place of their earlier ones, in the order given. */
export function withRows(part: Part, before: readonly Row[], order: readonly Scenario[]): Part {
  const measured = new Set(part.rows.map(nameOf));
  const all = [...before.filter((row) => !measured.has(nameOf(row))), ...part.rows];
  return { ...part, rows: order.flatMap((scenario) => all.filter((row) => nameOf(row) === nameOf(scenario))) };
}

export type Results = Readonly<Partial<Record<PeerName, Part>>>;

/** Counts are added up, times are medians, the slowest request and the memory are the largest. */
export function rowOf(
  peer: PeerName,
  scenario: Scenario,
  outcomes: readonly Outcome[],
  during: Pick<Row, "floorMs" | "at" | "busy" | "lagMs">,
): Row {
  const [first] = outcomes;
  if (first === undefined) throw new Error("a row needs a deployment");
  const failedBy: Record<string, number> = {};
  for (const one of outcomes) for (const [kind, count] of Object.entries(one.failedBy)) failedBy[kind] = (failedBy[kind] ?? 0) + count;
  return {
    peer,
    ...scenario,
    move: first.kind,
    deployments: outcomes.length,
    requests: sum(outcomes.map(({ requests }) => requests)),
    failed: sum(outcomes.map(({ failed }) => failed)),
    failedBy,
    examples: outcomes.flatMap(({ examples }) => examples).slice(0, 3),
    slowestMs: Math.max(...outcomes.map(({ slowestMs }) => slowestMs)),
    totalMs: median(outcomes.map(({ totalMs }) => totalMs)),
    firstMs: medianOf(outcomes.map(({ firstMs }) => firstMs)),
    allMs: medianOf(outcomes.map(({ allMs }) => allMs)),
    extraMb: Math.max(...outcomes.map(({ extraMb }) => extraMb)),
    ...during,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** null when one of them never came. */
function medianOf(values: readonly (number | null)[]): number | null {
  const there = values.filter((value) => value !== null);
  return there.length < values.length ? null : median(there);
}
