import { expect, it } from "vitest";
import { createFakeEngine } from "../sim/fake-engine.ts";
import { createFakeStore } from "../sim/fake-store.ts";
import { Absences } from "./absences.ts";
import { uncovered } from "./cover.ts";
import { SimulatedTime } from "./time.ts";

it.each([
  ["all of it", [{ from: 90, to: 210 }], null],
  [
    "in two parts that touch",
    [
      { from: 150, to: 210 },
      { from: 90, to: 150 },
    ],
    null,
  ],
  [
    "but a hole",
    [
      { from: 90, to: 140 },
      { from: 150, to: 210 },
    ],
    140,
  ],
  ["but its beginning", [{ from: 101, to: 210 }], 100],
  ["but its end", [{ from: 90, to: 199 }], 199],
  ["none of it", [], 100],
])("100 to 200 is covered: %s", (_, gaps, missing) => expect(uncovered({ from: 100, to: 200 }, gaps)).toBe(missing));

it("a dead daemon and an absent engine are to be recorded from beginning to end; where no event was lost there is nothing", () => {
  const time = new SimulatedTime(0);
  const engine = createFakeEngine({ clock: time, installation: "test" });
  const absences = new Absences(time, engine, createFakeStore("test"), 400);
  const at = (ms: number, act: () => void): void => void time.after(ms, act);
  at(10_000, () => engine.control.setDown(true));
  at(13_000, () => engine.control.setDown(false));
  at(20_000, () => engine.control.loseEvents(true));
  at(23_000, () => engine.control.loseEvents(false));
  at(30_000, () => absences.daemonBack(25_000));
  while (time.step(60_000));
  const broken = (gaps: { from: number; to: number }[]): string[] => [...absences.broken(gaps)].map(({ seen }) => seen);
  expect(broken([])).toEqual([
    "the engine was away for 3000 ms, and from 500 ms on no gap says so",
    "the daemon was dead for 5000 ms, and from 500 ms on no gap says so",
  ]);
  expect(
    broken([
      { from: 9_000, to: 13_000 },
      { from: 25_500, to: 30_000 },
    ]),
  ).toEqual([]);
});

const UNSAID = "events were lost for 4000 ms, and from 500 ms on no gap says so";
it.each([
  ["on a disk that has no room until then: only its memory knew", 25_000, 25_400, []],
  ["on a disk that had room again long before", 25_000, 26_100, [UNSAID]],
  ["and the disk was full, but earlier", 23_000, 25_400, [UNSAID]],
])("the loss of 20,000 to 24,000 ms is nowhere when its daemon dies %s", (_, roomAt, died, expected) => {
  const time = new SimulatedTime(0);
  const engine = createFakeEngine({ clock: time, installation: "test" });
  const store = createFakeStore("test");
  engine.control.lostSince = () => 20_000;
  const absences = new Absences(time, engine, store, 400);
  const at = (ms: number, act: () => void): void => void time.after(ms, act);
  at(22_000, () => store.control.fill(0));
  at(roomAt, () => store.control.fill(null));
  at(24_000, () => engine.control.loseEvents(false));
  at(30_000, () => absences.daemonBack(died));
  while (time.step(60_000));
  expect([...absences.broken([{ from: died, to: 30_000 }])].map(({ seen }) => seen)).toEqual(expected);
});
