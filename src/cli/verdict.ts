import { stripVTControlCharacters } from "node:util";
import { CATALOGUE, type ErrorCode } from "../errors.ts";
import type { Cli } from "./cli.ts";
import type { Deployment } from "./client.ts";
import { outcome } from "./paint.ts";

const LOG_LINES = 20;

export function movement(deployment: Deployment): string {
  const { stack, service, from, to } = deployment;
  return `${stack}/${service} ${from === null || from === to ? `r${to}` : `r${from} → r${to}`}`;
}

/** How a deployment ended: a line on stdout, or on stderr the reason with the evidence. */
export function tell(cli: Cli, deployment: Deployment): void {
  const { id, reason, seconds } = deployment;
  const name = movement(deployment);
  const took = `${seconds.toFixed(1)} s`;
  switch (deployment.outcome) {
    case "running":
      return cli.print(`${id}  ${name} ${outcome(cli.paint, "running")}`);
    case "succeeded":
      return cli.print(`${id}  ${name} ${outcome(cli.paint, "succeeded")} in ${took}${paused(deployment)}`);
    case "unchanged":
      return cli.print(`${id}  ${name} ${outcome(cli.paint, "unchanged")}`);
    case "superseded":
    case "aborted":
      return cli.remark(
        `${id}  ${name} ${outcome(cli.stderr.paint, deployment.outcome)} after ${took}${reason === null ? "" : `: ${reason}`}`,
      );
    case "paused":
      return cli.remark(
        `${id}  ${name} ${outcome(cli.stderr.paint, "paused")}${reason === null ? "" : `: ${reason}`} → instar resume ${id}, or instar abort ${id}`,
      );
    case "failed":
    case "rolled-back":
      return tellFailure(cli, deployment, `${name} ${deployment.outcome === "failed" ? "failed" : "was rolled back"} after ${took}`);
  }
}

/** The longest stretch without a serving instance, as its record has it. */
function paused({ pauses }: Deployment): string {
  const longest = Math.max(0, ...pauses.map(({ ms }) => ms));
  return longest === 0 ? "" : `, paused for ${(longest / 1000).toFixed(2)} s`;
}

function tellFailure(cli: Cli, { id, reason, evidence, jobs }: Deployment, what: string): void {
  const named = /\bINS\d{4}\b/.exec(reason ?? "")?.[0];
  const code = named !== undefined && named in CATALOGUE ? (named as ErrorCode) : evidence?.exitCode != null ? "INS5002" : "INS5001";
  const why = (reason ?? "no reason was recorded").replace(new RegExp(`^(error )?${code}:? `), "");
  cli.remark(`${cli.stderr.paint.red("error")} ${code} ${what}: ${why} → ${CATALOGUE[code].hint} (${id})`);
  const failed = jobs?.find(({ state }) => state === "failed");
  for (const line of failed?.log.slice(-LOG_LINES) ?? []) cli.remark(`  ${failed?.job} | ${stripVTControlCharacters(line)}`);
  if (evidence === null) return;
  const exit = evidence.exitCode === null || evidence.reason.includes("exit code") ? "" : `, exit code ${evidence.exitCode}`;
  const words = evidence.reason.includes(evidence.instance) ? evidence.reason : `${evidence.instance}${exit}: ${evidence.reason}`;
  cli.remark(`  evidence: ${words}`);
  for (const line of evidence.log.slice(-LOG_LINES)) cli.remark(`  | ${stripVTControlCharacters(line)}`);
}
