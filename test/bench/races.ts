import type { Row } from "../../bench/peers/row.ts";
import type { RequestRecord } from "../load/report.ts";

/** A request answered well, unless said otherwise. */
export function request(over: Partial<RequestRecord> & Pick<RequestRecord, "sentAt" | "endedAt">): RequestRecord {
  const usual = { n: 0, method: "GET", connection: "new", slow: false, status: 200, version: "v1", instance: "a", error: null } as const;
  return { ...usual, ...over };
}

export function row(over: Partial<Row>): Row {
  return {
    ...{ peer: "instar", shape: "three", manner: "polite", traffic: "quick", move: "deploy", deployments: 2 },
    ...{ requests: 1000, failed: 0, failedBy: {}, examples: [], slowestMs: 40, totalMs: 2000, firstMs: 700, allMs: 1900 },
    ...{ extraMb: 60, floorMs: 1600, at: "2026-11-26T04:00:00.000Z", busy: 0.02, lagMs: 12 },
    ...over,
  };
}
