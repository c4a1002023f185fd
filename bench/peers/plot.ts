import { ORDER, partsOf } from "./page.ts";
import type { PeerName } from "./peer.ts";
import type { Results, Row } from "./row.ts";

const COLOURS: Readonly<Record<PeerName, string>> = { instar: "#0b6e4f", swarm: "#2f6fb3", compose: "#c2571a", docker: "#7d7d7d" };
const BAR = 11;
const GAP = 14;
const TOP = 92;
const LEFT = 190;
const PANEL = 300;
const BETWEEN = 90;
const WIDTH = LEFT + 2 * PANEL + 2 * BETWEEN;
const HEADINGS = { three: "3 replicas", one: "1 stateful" } as const;

interface Measure {
  readonly heading: string;
  readonly of: (row: Row) => number;
  readonly label: (row: Row) => string;
}

const FAILED: Measure = {
  heading: "failed requests, of a thousand during the deployment",
  of: (row) => (row.requests === 0 ? 0 : (row.failed / row.requests) * 1000),
  label: (row) => (row.failed === 0 ? "0" : ((row.failed / row.requests) * 1000).toFixed(1)),
};
const TIME: Measure = { heading: "time, s", of: ({ totalMs }) => totalMs / 1000, label: ({ totalMs }) => (totalMs / 1000).toFixed(1) };

/** docs/benchmarks.svg: for each kind of deployment the four of them below each other, on the left what failed, on the right the time. */
export function plot(results: Results): string {
  const groups = grouped(ORDER.flatMap((name) => results[name]?.rows ?? []));
  let y = TOP;
  const bars = groups.map(({ name, rows }) => {
    const drawn = group(name, rows, y, groups);
    y += rows.length * BAR + GAP;
    return drawn;
  });
  const legend = ORDER.filter((name) => results[name] !== undefined).map(
    (name, n) => `${box(LEFT + n * 150, 34, 11, COLOURS[name])}${text(LEFT + n * 150 + 17, 44, results[name]?.title ?? name)}`,
  );
  const heads = [FAILED, TIME].map(({ heading }, n) => text(LEFT + n * (PANEL + BETWEEN), 74, heading, 'font-weight="bold"'));
  const dates = [...new Set(partsOf(results).flatMap(({ rows }) => rows.map(({ at }) => at.slice(0, 10))))].join(", ");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 8}" viewBox="0 0 ${WIDTH} ${y + 8}" font-family="sans-serif" font-size="11" fill="#222">
<title>Failed requests and time of each deployment</title>
<rect width="100%" height="100%" fill="#fff"/>
${text(12, 22, `Deployments under 200 requests a second, ${dates}`, 'font-size="14" font-weight="bold"')}
${[...legend, ...heads, ...bars].join("\n")}
</svg>
`;
}

interface Group {
  readonly name: string;
  readonly rows: readonly Row[];
}

/** Rows of the same cell, in the order in which they first come. */
function grouped(rows: readonly Row[]): readonly Group[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = `${HEADINGS[row.shape]}, ${row.move}, ${row.manner}${row.traffic === "slow" ? ", 2 s" : ""}`;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups].map(([name, own]) => ({ name, rows: own }));
}

function group(name: string, rows: readonly Row[], y: number, all: readonly Group[]): string {
  const drawn = [FAILED, TIME].flatMap((measure, n) => {
    const x = LEFT + n * (PANEL + BETWEEN);
    const most = Math.max(...all.flatMap((one) => one.rows.map(measure.of)));
    return rows.map((row, at) => {
      const length = most === 0 ? 0 : (measure.of(row) / most) * PANEL;
      const top = y + at * BAR;
      return `${box(x, top, BAR - 2, COLOURS[row.peer], Math.max(1, length))}${text(x + length + 5, top + BAR - 2, measure.label(row), 'font-size="9"')}`;
    });
  });
  return [text(LEFT - 10, y + (rows.length * BAR) / 2 + 3, name, 'text-anchor="end"'), ...drawn].join("\n");
}

const box = (x: number, y: number, height: number, fill: string, width = height): string =>
  `<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${height}" fill="${fill}"/>`;

const text = (x: number, y: number, words: string, more = ""): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${more === "" ? "" : ` ${more}`}>${escaped(words)}</text>`;

const escaped = (words: string): string => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
