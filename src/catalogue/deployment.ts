import { type CatalogueRow, row } from "./row.ts";

/** 5xxx: the deployment. */
export const DEPLOYMENT = {
  INS5001: row("instances did not become ready", 500, 1, "the evidence has the last log lines; mend and deploy again"),
  INS5002: row("instances ended by themselves", 500, 1, "the evidence has the exit code and the last log lines"),
  INS5003: row("the deployment ran past its deadline", 500, 1, "instar events says where it stood"),
  INS5004: row("a dependency did not come up", 500, 1, "deploy the dependency first"),
  INS5005: row("a gate failed", 500, 1, "its reason is in the message; mend it and deploy again"),
  INS5009: row("the deployment was not confirmed", 500, 1, "deploy again when who is asked agrees"),
  INS5010: row(
    "another service of the group failed",
    500,
    1,
    "all services of an atomic up go back together; mend that one and run up again",
  ),
  INS5008: row("a job failed", 500, 1, "its last lines are with the deployment; mend it and deploy again"),
} as const satisfies Record<string, CatalogueRow>;
