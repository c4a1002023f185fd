import type { SizeFigures } from "./scale-one.ts";

interface ShapeMeasured {
  readonly name: string;
  readonly at: string;
  readonly machine: string;
  readonly load: number;
  readonly points: readonly SizeFigures[];
}

interface Fit {
  readonly title: string;
  readonly shape: string;
  readonly exponent: number;
}

/** An exponent up to this is linear: times of a few ms vary by more than the difference. */
export const LINEAR = 1.15;

/** docs/scale.md: what was measured, and how fast it grows. */
export function pageOf(shapes: readonly ShapeMeasured[], fits: readonly Fit[]): string {
  const names = shapes.map(({ name }) => name);
  const titles = [...new Set(fits.map(({ title }) => title))];
  const exponent = (title: string, shape: string): string => {
    const found = fits.find((one) => one.title === title && one.shape === shape)?.exponent;
    return found === undefined ? "–" : found <= LINEAR ? found.toFixed(2) : `${found.toFixed(2)}: **over ${LINEAR}, not met**`;
  };
  return `${[
    "# Scale",
    "",
    "Written by `script/bench scale`; never by hand. The whole daemon, with its real planner, loop, route compiler and store (SQLite in",
    "memory), over the engine and the router in memory that pass the same conformance suites as the real ones; each question to them takes",
    "one simulated millisecond. Times are the processor's (`process.cpuUsage`), the fakes' own work included, so other work on the machine",
    "is not in them, but its caches are shared. Every service has one routed port.",
    "",
    ...shapes.map(({ name, at, machine, load }) => `- ${name}: ${at}, ${machine}, load of the machine ${load}`),
    "",
    "![plots of every measure against the number of instances](scale.svg)",
    "",
    "## How fast it grows",
    "",
    "The exponent of size (instances) that fits best, by least squares over the logarithms; 1 is linear, 0 does not grow at all.",
    `The bar is linear growth: at most ${LINEAR}.`,
    "",
    row(["what", ...names]),
    row(["---", ...names.map(() => "---")]),
    ...titles.map((title) => row([title, ...names.map((name) => exponent(title, name))])),
    "",
    "## What was measured",
    "",
    row([
      "services × instances",
      "every service",
      "one service",
      "one death",
      "start",
      "memory",
      "store",
      "events waiting",
      "worked off in",
    ]),
    row(Array.from({ length: 9 }, () => "---")),
    ...shapes.flatMap(({ points }) => points.map(pointRow)),
    "",
    "- *every service*: one look at all, as the daemon does every ten seconds; *one service*: one look because of an event.",
    "- *one death*: an instance dies and is replaced: all passes, steps and router tables until everything rests.",
    "- *start*: from a daemon's start until all that runs has been found again, looked at and probed.",
    "- *memory*: live objects of the daemon beyond those of the store and the fakes; a process that does nothing has some 80 MB besides.",
    "- *events waiting*: an event of every instance at once; none is lost, and all have been heard and looked after when they are worked off.",
    "",
    "A stack's network has room for 382 instances (src/reconcile/addresses.ts), and a Linux bridge takes 1,024: the services of 1,000 are simulated on",
    "larger networks than Instar makes.",
  ].join("\n")}\n`;
}

function pointRow(one: SizeFigures): string {
  return row([
    `${thousands(one.services)} × ${thousands(one.replicas)}`,
    ms(one.fullMs),
    ms(one.oneMs),
    ms(one.healMs),
    ms(one.openMs),
    `${one.memoryMb.toFixed(1)} MB`,
    `${one.storeMb.toFixed(1)} MB`,
    thousands(one.backlog),
    ms(one.backlogMs),
  ]);
}

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const ms = (value: number): string => (value >= 100 ? `${thousands(Math.round(value))} ms` : `${value.toFixed(1)} ms`);
const thousands = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
