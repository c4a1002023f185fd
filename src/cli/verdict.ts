import { stripVTControlCharacters } from "node:util";
import { CATALOGUE, type ErrorCode, InstarError } from "../errors.ts";
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
      return tellFailure(cli, deployment);
  }
}

/** The longest stretch without a serving instance, as its record has it. */
function paused({ pauses }: Deployment): string {
  const longest = Math.max(0, ...pauses.map(({ ms }) => ms));
  return longest === 0 ? "" : `, paused for ${(longest / 1000).toFixed(2)} s`;
}

export const hasFailed = ({ outcome }: Deployment): boolean => outcome === "failed" || outcome === "rolled-back";

/** Why one that has failed or was rolled back did: the code that its reason names, or what its evidence shows. */
export function failureOf(deployment: Deployment): InstarError {
  const { id, reason, evidence, seconds } = deployment;
  const named = /\bINS\d{4}\b/.exec(reason ?? "")?.[0];
  const code = named !== undefined && named in CATALOGUE ? (named as ErrorCode) : evidence?.exitCode != null ? "INS5002" : "INS5001";
  const why = (reason ?? "no reason was recorded").replace(new RegExp(`^(error )?${code}:? `), "");
  const what = `${movement(deployment)} ${deployment.outcome === "failed" ? "failed" : "was rolled back"} after ${seconds.toFixed(1)} s`;
  return new InstarError(code, `${what}: ${why}`, { hint: `${CATALOGUE[code].hint} (${id})` });
}

function tellFailure(cli: Cli, deployment: Deployment): void {
  const { evidence, jobs } = deployment;
  cli.error(failureOf(deployment));
  const failed = jobs?.find(({ state }) => state === "failed");
  for (const line of failed?.log.slice(-LOG_LINES) ?? []) cli.remark(`  ${failed?.job} | ${stripVTControlCharacters(line)}`);
  if (evidence === null) return;
  const exit = evidence.exitCode === null || evidence.reason.includes("exit code") ? "" : `, exit code ${evidence.exitCode}`;
  const words = evidence.reason.includes(evidence.instance) ? evidence.reason : `${evidence.instance}${exit}: ${evidence.reason}`;
  cli.remark(`  evidence: ${words}`);
  for (const line of evidence.log.slice(-LOG_LINES)) cli.remark(`  | ${stripVTControlCharacters(line)}`);
}
