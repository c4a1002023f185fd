import { describe, expect, it } from "vitest";
import { verdicts } from "../../bench/peers/judge.ts";
import { page } from "../../bench/peers/page.ts";
import { plot } from "../../bench/peers/plot.ts";
import { type Part, type Results, withRows } from "../../bench/peers/row.ts";
import { row } from "./races.ts";

const part = (title: string, rows: Part["rows"]): Part => ({
  ...{
    machine: "2 cores (X), 24 GiB",
    versions: [`${title} 1`, "Node v24"],
    recipe: "as it comes",
  },
  ...{ title, rows },
});
const swarm = part("Swarm <+> HAProxy", [row({ peer: "swarm", totalMs: 4000, failed: 2, failedBy: { POST: 2 }, allMs: null })]);
const results: Results = { swarm, instar: part("Instar", [row({ totalMs: 2000 }), row({ shape: "one", traffic: "slow", requests: 500 })]) };

describe("the claims", () => {
  const met = (given: Results): readonly (boolean | null)[] => verdicts(given).map((one) => one.met);

  it("are met at their limits", () => {
    expect(met(results)).toEqual([true, true, true, true]);
    expect(verdicts(results).map(({ measured }) => measured)).toEqual([
      "0 of 1,500",
      "0 of 500",
      "deploy polite 0.50",
      "deploy polite 1.25",
    ]);
  });
  it("are not met by one failed request, or by time over the limit", () => {
    expect(met({ swarm, instar: part("Instar", [row({ failed: 1 })]) })).toEqual([false, null, true, true]);
    expect(met({ swarm, instar: part("Instar", [row({ totalMs: 2410 })]) })).toEqual([true, null, false, false]);
  });
  it("compare the same cell only, and nothing that was not measured", () => {
    expect(met({ instar: part("Instar", [row({})]) })).toEqual([true, null, null, true]);
    expect(met({ swarm, instar: part("Instar", [row({ manner: "rude" })]) })[2]).toBeNull();
  });
  it("leave out the times where requests of two seconds are waited for", () => {
    expect(met({ swarm, instar: part("Instar", [row({ traffic: "slow", totalMs: 9000 })]) })).toEqual([true, null, null, null]);
  });
});

describe("the page", () => {
  const text = page(results);

  it("has Instar first, and each kind of deployment once", () => {
    expect(text).toContain("| deploy, polite | Instar | 0 of 1,000 | 40 ms | 2.00 s | 1.25 | 0.70 s | 1.90 s | 60 MB |");
    expect(text).toContain("|  | Swarm <+> HAProxy | **2 of 1,000** (2 POST) | 40 ms | 4.00 s | 2.50 | 0.70 s | never | 60 MB |");
  });
  it("says where, when and with what it was measured", () => {
    expect(text).toContain(
      "Measured on 2 cores (X), 24 GiB, from 2026-11-26 04:00 to 2026-11-26 04:00 UTC. Instar 1, Node v24, Swarm <+> HAProxy 1.",
    );
  });
  it("admits other work", () => {
    expect(text).not.toContain("Other work");
    expect(page({ swarm: part("Swarm", [row({ busy: 0.3 })]) })).toContain("**Other work was running");
  });
});

it("takes what was measured anew, in its place", () => {
  const order = [row({}), row({ manner: "rude" })];
  const before = [row({ totalMs: 1 }), row({ manner: "rude", totalMs: 2 })];
  const { rows } = withRows(part("Instar", [row({ totalMs: 3 })]), before, order);
  expect(rows.map(({ manner, totalMs }) => [manner, totalMs])).toEqual([
    ["polite", 3],
    ["rude", 2],
  ]);
});

describe("the plot", () => {
  const drawn = plot(results);

  it("draws two bars for each row, as long as their share of the longest", () => {
    const widths = [...drawn.matchAll(/<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="9"/g)].map(([, width]) => width);
    expect(widths).toEqual(["1.0", "300.0", "150.0", "300.0", "1.0", "150.0"]);
  });
  it("escapes what titles contain", () => {
    expect(drawn).toContain("Swarm &lt;+&gt; HAProxy");
    expect(drawn.match(/<text/g)?.length).toBe(drawn.match(/<\/text>/g)?.length);
  });
  it("draws nothing failed as nothing, not as a division by zero", () => {
    expect(plot({ instar: part("Instar", [row({})]) })).not.toContain("NaN");
  });
});
