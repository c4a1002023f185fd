/** A small chart with logarithmic axes as SVG text: a line for each series, and a dashed one for what linear growth would be. */

export interface Series {
  readonly name: string;
  readonly points: readonly { readonly size: number; readonly value: number }[];
}

export interface Chart {
  readonly title: string;
  /** Of the values. */
  readonly unit: string;
  readonly series: readonly Series[];
}

const WIDTH = 440;
const HEIGHT = 300;
const EDGE = { left: 64, right: 16, top: 34, bottom: 60 };
const COLOURS = ["#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#57606a"];

/** Charts beside each other, `columns` in a row; the titles of all are what is read out. */
export function svgOf(charts: readonly Chart[], columns: number): string {
  const rows = Math.ceil(charts.length / columns);
  const size = `width="${WIDTH * columns}" height="${HEIGHT * rows}"`;
  const titles = escaped(charts.map(({ title }) => title).join("; "));
  const placed = charts.map((chart, n) => {
    const at = `translate(${WIDTH * (n % columns)} ${HEIGHT * Math.floor(n / columns)})`;
    return `<g transform="${at}">\n${chartOf(chart)}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11">\n<title>${titles}</title>\n<rect ${size} fill="#fff"/>\n${placed.join("\n")}\n</svg>\n`;
}

function chartOf({ title, unit, series }: Chart): string {
  const all = series.flatMap(({ points }) => points).filter(({ value }) => value > 0);
  const across = axis(
    all.map(({ size }) => size),
    EDGE.left,
    WIDTH - EDGE.right,
  );
  const up = axis(
    all.map(({ value }) => value),
    HEIGHT - EDGE.bottom,
    EDGE.top,
  );
  const [left, right, top, bottom] = [EDGE.left, WIDTH - EDGE.right, EDGE.top, HEIGHT - EDGE.bottom].map(String);
  return [
    text(WIDTH / 2, 18, title, "middle", 13),
    ...across.ticks.map((tick) => line([across.at(tick), Number(top)], [across.at(tick), Number(bottom)], "#d8dee4")),
    ...across.ticks.map((tick) => text(across.at(tick), Number(bottom) + 14, short(tick), "middle")),
    ...up.ticks.map((tick) => line([Number(left), up.at(tick)], [Number(right), up.at(tick)], "#d8dee4")),
    ...up.ticks.map((tick) => text(Number(left) - 6, up.at(tick) + 4, `${short(tick)} ${unit}`, "end")),
    ...series.flatMap(({ name, points }, n) => {
      const colour = COLOURS[n % COLOURS.length] ?? "#000";
      const shown = points.filter(({ value }) => value > 0);
      const [first, last] = [shown[0], shown.at(-1)];
      const ideal = first === undefined || last === undefined ? null : (first.value * last.size) / first.size;
      const dots = shown.map(({ size, value }) => `<circle cx="${n1(across.at(size))}" cy="${n1(up.at(value))}" r="3" fill="${colour}"/>`);
      const path = shown.map(({ size, value }) => `${n1(across.at(size))},${n1(up.at(value))}`).join(" ");
      const linear =
        first === undefined || last === undefined || ideal === null
          ? []
          : [line([across.at(first.size), up.at(first.value)], [across.at(last.size), Math.max(EDGE.top, up.at(ideal))], colour, "3 4")];
      return [
        `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
        ...dots,
        ...linear,
        text(EDGE.left + n * 118, HEIGHT - 26, `● ${name}`, "start", 11, colour),
      ];
    }),
    text(WIDTH / 2, HEIGHT - 8, "instances (dashed: linear)", "middle"),
  ].join("\n");
}

/** From the least to the greatest, in steps of 1, 2, 5 of each power of ten. */
function axis(values: readonly number[], from: number, to: number): { readonly ticks: readonly number[]; at(value: number): number } {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const [low, high] = [Math.log(least / 1.2), Math.log(most * 1.2)];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(least)) - 1; power <= Math.log10(most) + 1; power++)
    for (const step of [1, 2, 5]) {
      const tick = Number((step * 10 ** power).toPrecision(1));
      if (Math.log(tick) >= low && Math.log(tick) <= high) ticks.push(tick);
    }
  return { ticks, at: (value) => from + ((Math.log(value) - low) / (high - low)) * (to - from) };
}

const n1 = (value: number): string => value.toFixed(1);
const short = (value: number): string => (value >= 1000 ? `${value / 1000}k` : String(value));
const line = ([x1, y1]: [number, number], [x2, y2]: [number, number], colour: string, dashes = ""): string =>
  `<line x1="${n1(x1)}" y1="${n1(y1)}" x2="${n1(x2)}" y2="${n1(y2)}" stroke="${colour}"${dashes === "" ? "" : ` stroke-dasharray="${dashes}"`}/>`;
const text = (x: number, y: number, words: string, anchor: string, size = 11, colour = "#1f2328"): string =>
  `<text x="${n1(x)}" y="${n1(y)}" text-anchor="${anchor}" font-size="${size}" fill="${colour}">${escaped(words)}</text>`;
const escaped = (words: string): string => words.replace(/&/g, "&amp;").replace(/</g, "&lt;");
