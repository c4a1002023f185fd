import { describe, expect, it } from "vitest";
import { type Absence, type Asked, exitFault, notTaken } from "./answers.ts";

const T = 1_700_000_000_000;
const asked = (away: boolean, from = T, to = T + 400): Asked => ({ from, to, away });
const absence = (from: number, to: number): Absence => ({ what: "daemon", from, to });

describe("a change of which nothing came", () => {
  it.each([
    ["while the daemon was dead", [absence(T - 500, T + 900)], true],
    ["under which it died", [absence(T + 390, Number.POSITIVE_INFINITY)], true],
    ["right after it was back", [absence(T - 2_000, T - 300)], true],
    ["long after it was back", [absence(T - 60_000, T - 50_000)], false],
    ["before it died", [absence(T + 2_000, T + 3_000)], false],
    ["while nobody was away", [], false],
  ])("%s", (_what, absences, allowed) => {
    expect(notTaken(asked(true), absences) === null).toBe(allowed);
  });

  it("that was answered is not taken for an absence", () => {
    expect(notTaken(asked(false), [absence(T - 500, T + 900)])).toMatch(/no deployment/);
  });
});

describe("the exit code of a command", () => {
  const away = [absence(T - 500, T + 900)];
  it.each([
    ["0 for what succeeded", { code: 0, stderr: "", outcomes: ["succeeded", "unchanged"] }, [], true],
    ["0 for what did not", { code: 0, stderr: "", outcomes: ["rolled-back"] }, [], false],
    ["1 for what did not", { code: 1, stderr: "", outcomes: ["rolled-back", "succeeded"] }, [], true],
    ["1 for what succeeded", { code: 1, stderr: "error INS9001", outcomes: ["succeeded"] }, [], false],
    ["1 for nothing", { code: 1, stderr: "error INS2002", outcomes: [] }, away, false],
    ["1 without a router", { code: 1, stderr: "error INS4002", outcomes: [] }, away, true],
    ["69 without a daemon", { code: 69, stderr: "error INS7001", outcomes: ["succeeded"] }, away, true],
    ["69 with one", { code: 69, stderr: "error INS7001", outcomes: [] }, [], false],
    ["64", { code: 64, stderr: "usage", outcomes: [] }, away, false],
    ["124, it never ended", { code: 124, stderr: "", outcomes: ["succeeded"] }, away, false],
  ])("%s", (_what, ended, absences, fine) => {
    expect(exitFault(ended, asked(ended.code !== 0), absences) === null).toBe(fine);
  });
});
