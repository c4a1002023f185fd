import { describe, expect, it } from "vitest";
import { exponentOf } from "../../bench/fit.ts";
import { svgOf } from "../../bench/plot.ts";
import { figuresOf } from "../../bench/scale-one.ts";

const points = (of: (size: number) => number) => [100, 200, 400, 800].map((size) => ({ size, value: of(size) }));

describe("growth with size", () => {
  it.each([
    ["nothing", () => 7, 0],
    ["linear", (n: number) => 3 * n, 1],
    ["the square", (n: number) => n * n, 2],
  ])("%s", (_what, of, exponent) => {
    expect(exponentOf(points(of))).toBeCloseTo(exponent);
  });

  it("is drawn: a line and its points for each series, and nothing outside of the picture", () => {
    const series = [
      { name: "a < b", points: points((n) => n) },
      { name: "steep", points: points((n) => n ** 3) },
    ];
    const svg = svgOf([{ title: "t", unit: "ms", series }], 1);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg.match(/<circle/g)).toHaveLength(8);
    expect(svg).toContain("a &lt; b");
    for (const [, y] of svg.matchAll(/c?y[12]?="([\d.-]+)"/g)) expect(Number(y)).toBeGreaterThanOrEqual(0);
    expect(svg).not.toContain("NaN");
  });

  it("is measured of a small world: it comes up, is looked at, loses an instance and gets another", async () => {
    const figures = await figuresOf(12, 2);
    expect(figures).toMatchObject({ instances: 24, backlog: 24 });
    for (const value of [figures.openMs, figures.fullMs, figures.oneMs, figures.healMs, figures.storeMb]) expect(value).toBeGreaterThan(0);
  });
});
