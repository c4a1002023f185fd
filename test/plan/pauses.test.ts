import { describe, expect, it } from "vitest";
import { pausesOf } from "../../src/plan/pauses.ts";

const journal = (...lines: string[]) =>
  lines.map((line) => {
    const [at, what, instance] = line.split(" ");
    return { at: Number(at), do: what ?? "", instance: instance ?? null };
  });

describe("the pauses in a deployment's record", () => {
  it("are from the only instance's drain to its successor's route", () => {
    const steps = journal("0 create new", "100 drain old", "300 stop old", "500 start new", "900 route new", "950 remove old");
    expect(pausesOf(steps)).toEqual([{ from: 100, ms: 800 }]);
  });

  it("are none while another instance serves, nor where nothing served before", () => {
    expect(pausesOf(journal("0 create b", "5 start b", "9 route b", "10 drain a", "20 stop a", "30 remove a"))).toEqual([]);
    expect(pausesOf(journal("0 create a", "5 start a", "9 route a"))).toEqual([]);
    expect(pausesOf([])).toEqual([]);
  });

  it("without a route are from stop to start", () => {
    expect(pausesOf(journal("0 create new", "10 stop old", "40 start new", "41 remove old"))).toEqual([{ from: 10, ms: 30 }]);
  });

  it("begin with the first entry, where the only instance goes before its successor is made", () => {
    const steps = journal("0 drain old", "10 stop old", "20 remove old", "30 create new", "40 start new", "90 route new");
    expect(pausesOf(steps)).toEqual([{ from: 0, ms: 90 }]);
  });

  it("are not begun, ended or prevented by what concerns the whole deployment", () => {
    const steps = journal("0 arrive", "5 create new", "100 drain old", "400 ask", "500 start new", "900 route new", "950 confirm");
    expect(pausesOf(steps)).toEqual([{ from: 100, ms: 800 }]);
    expect(pausesOf(journal("0 arrive", "5 create a", "9 start a", "20 route a"))).toEqual([]);
  });

  it("are those of a crash, too, once the service has begun", () => {
    expect(pausesOf(journal("0 create a", "5 start a", "9 route a", "20 crash a", "30 start a", "50 route a"))).toEqual([
      { from: 20, ms: 30 },
    ]);
  });

  it("are told when they have ended", () => expect(pausesOf(journal("0 create new", "100 drain old", "300 stop old"))).toEqual([]));

  it("last until a port changed hands, where an adopted container held it", () => {
    const steps = journal("0 create new", "5 start new", "9 route new", "10 stop compose-1", "110 open compose-1");
    expect(pausesOf(steps)).toEqual([{ from: 10, ms: 100 }]);
  });

  it("are also those of a new instance that failed before it was replaced", () => {
    const steps = journal(
      "0 create n1",
      "1 drain old",
      "2 stop old",
      "3 start n1",
      "4 route n1",
      "9 fail n1",
      "10 create n2",
      "11 start n2",
      "19 route n2",
    );
    expect(pausesOf(steps)).toEqual([
      { from: 1, ms: 3 },
      { from: 9, ms: 10 },
    ]);
  });
});
