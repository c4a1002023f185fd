import { expect, it } from "vitest";
import { type RequestRecord, report } from "../load/report.ts";
import { lossesOf, unapprovedIn } from "./seen.ts";

const request = (n: number, sentAt: number, of: Partial<RequestRecord> = {}): RequestRecord => ({
  n,
  sentAt,
  endedAt: sentAt + 10,
  method: "GET",
  connection: "new",
  slow: false,
  status: 200,
  version: "v1",
  instance: "one",
  error: null,
  ...of,
});

it("counts what was lost, by method, by when, and by whoever answered wrongly", () => {
  const requests = [
    request(0, 900, { error: "cut" }),
    request(1, 1000),
    request(2, 1010, { method: "POST", error: "cut" }),
    request(3, 1500, { error: "answered by beta, which is another service" }),
    request(4, 3001, { error: "cut" }),
  ];
  const losses = lossesOf(report({ requests, webSockets: [], marks: [], lagMs: 0, late: [] }), 1000, 3000);
  expect(losses).toMatchObject({ total: 5, gets: 3, posts: 1, elsewhen: 2, wrong: 1, lastSent: 2001 });
  expect(losses.samples[1]).toBe("POST sent 10 ms, ended 20 ms after the fault: cut");
});

it("counts who answered while the share was in force: not before, not after the promotion", () => {
  const requests = [100, 900, 1000, 1200, 1400, 1990, 2100].map((at, n) => request(n, at, { version: n % 2 === 0 ? "v2" : "v1" }));
  const of = { version: "v2", promotedAt: 2000, endedAt: 3000 };
  expect(unapprovedIn({ requests }, { ...of, from: 1000 })).toEqual({ of: 3, answered: 2, promoted: true });
  expect(unapprovedIn({ requests }, { ...of, from: 0 })).toEqual({ of: 5, answered: 3, promoted: true });
  expect(unapprovedIn({ requests }, { ...of, from: null })).toEqual({ of: 0, answered: 0, promoted: true });
  expect(unapprovedIn({ requests }, { ...of, from: 1000, promotedAt: null })).toEqual({ of: 5, answered: 3, promoted: false });
});
