import type { Cli } from "./cli.ts";
import type { Notice, Plan } from "./client.ts";
import { tellNotices } from "./notices.ts";
import { naming } from "./plain.ts";

/** A plan for people: each service with what changes, key by key, and its rollout's steps with their reasons. */
export function tellPlan(cli: Cli, plan: Plan): void {
  const { paint } = cli;
  tellNotices(cli, plan.notices);
  for (const service of plan.services) {
    const revisions =
      service.from === service.to || service.to === null ? "" : ` ${service.from === null ? "" : `r${service.from} → `}r${service.to}`;
    cli.print(`${paint.bold(`${service.stack}/${service.service}`)}  ${action(service.action, paint)}${revisions}`);
    for (const change of service.changes) cli.print(`  ${changeLine(change, paint)}`);
    for (const line of service.kept) cli.print(`  kept: ${line}`);
    if (service.takesOver !== null) {
      const { containers, volumes } = service.takesOver;
      cli.print(`  takes over ${containers.join(", ")}${volumes.length === 0 ? "" : ` with ${volumes.join(", ")}`}`);
    }
    if (service.rollout !== null) cli.print(`  ${service.rollout}`);
    if (service.pause !== null) cli.print(`  ${paint.yellow("pause")}: ${service.pause}`);
    if (service.extraContainers > 0)
      cli.print(`  at most ${service.extraContainers} extra ${service.extraContainers === 1 ? "container" : "containers"} meanwhile`);
    for (const step of service.steps) cli.print(paint.dim(`  ${step.do}${naming(step.do, step.instance)}: ${step.because}`));
  }
  const orphaned = plan.services.some((service) => service.action === "orphaned");
  if (!plan.changed) cli.print(nothingToDo(plan.stack, plan.notices, orphaned));
}

/** Codes of notices with which a stack is not known to be equal to its file. */
const OTHERWISE: ReadonlySet<string> = new Set(["pinned", "orphaned", "unbuilt"]);

/** What is said when nothing changes; only what is equal is called so. */
export const nothingToDo = (stack: string, notices: readonly Pick<Notice, "code">[], orphaned = false): string =>
  orphaned || notices.some(({ code }) => OTHERWISE.has(code)) ? `${stack}: nothing to do` : `${stack} is equal to the file; nothing to do`;

/** Twelve digits of a digest tell it apart; `--json` has them all. */
const DIGEST = /\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b/g;

/** `+ key: value`, `- key: value`, `~ key: before → after`. */
function changeLine(change: Plan["services"][number]["changes"][number], paint: Cli["paint"]): string {
  const { path, replaces } = change;
  const [before, after] = [change.before, change.after].map((text) => text?.replaceAll(DIGEST, "$1") ?? null);
  const why = replaces ? paint.dim("  (replaces instances)") : "";
  if (before === null) return `${paint.green(`+ ${path}: ${after ?? ""}`)}${why}`;
  if (after === null) return `${paint.red(`- ${path}: ${before}`)}${why}`;
  return `${paint.yellow("~")} ${path}: ${paint.red(before)} → ${paint.green(after)}${why}`;
}

function action(name: Plan["services"][number]["action"], paint: Cli["paint"]): string {
  switch (name) {
    case "create":
      return paint.green(name);
    case "replace":
    case "update":
    case "scale":
      return paint.yellow(name);
    case "remove":
      return paint.red(name);
    case "orphaned":
      return paint.yellow("not in the file; goes only with --prune");
    case "pinned":
      return paint.yellow("pinned; changes only with --unpin");
    case "none":
      return paint.dim("unchanged");
  }
}
