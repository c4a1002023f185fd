import { stripVTControlCharacters } from "node:util";
import type { Deployment, Instance } from "./client.ts";
import type { View } from "./follow.ts";
import { harmless } from "./harmless.ts";
import { type Paint, phase } from "./paint.ts";
import { naming } from "./plain.ts";
import { movement } from "./verdict.ts";

const SIGNS: Readonly<Record<Instance["phase"], string>> = {
  starting: "◌",
  ready: "◐",
  serving: "●",
  draining: "◑",
  stopped: "○",
  failed: "✗",
  quarantined: "✗",
  evidence: "✗",
};

interface Terminal {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Lines redrawn in place: each deployment, and beneath it its service's instances with their phase and revision. */
export function liveView(paint: Paint, terminal: Terminal): View {
  /** Its own moves of the cursor pass; nobody else's do, and no line feed. */
  const oneLine = (line: string): string => harmless(line.replaceAll("\n", " "), paint.isColorSupported);
  let drawn = 0;
  let frame: string[] = [];
  const draw = (lines: readonly string[]) => {
    const width = (terminal.columns || 80) - 1;
    const height = Math.max(3, (terminal.rows || 24) - 2);
    const fit = lines.length > height ? [...lines.slice(0, height - 1), paint.dim(`… ${lines.length - height + 1} more`)] : lines;
    const up = drawn > 0 ? `\u001b[${drawn}A` : "";
    terminal.write(`${up}\r${fit.map((line) => `\u001b[2K${cut(oneLine(line), width)}\n`).join("")}\u001b[0J`);
    drawn = fit.length;
  };
  return {
    update(deployments, instances) {
      frame = deployments.flatMap((deployment) => block(paint, deployment, instances));
      draw(frame);
    },
    away() {
      draw([...frame, paint.yellow("the daemon does not answer; the deployment goes on when it is back")]);
    },
    end() {
      // The verdict follows; the last frame would say the same twice.
      if (drawn > 0) terminal.write(`\u001b[${drawn}A\r\u001b[0J`);
      drawn = 0;
    },
  };
}

function block(paint: Paint, deployment: Deployment, instances: readonly Instance[]): string[] {
  const mine = instances
    .filter((i) => i.stack === deployment.stack && i.service === deployment.service)
    .toSorted((a, b) => a.slot - b.slot || a.revision - b.revision || a.name.localeCompare(b.name));
  const last = deployment.steps.at(-1);
  return [
    `${paint.bold(movement(deployment))}  ${deployment.outcome === "running" ? paint.dim(deployment.strategy) : deployment.outcome}  ${paint.dim(`${deployment.seconds.toFixed(1)} s`)}`,
    ...mine.map((i) => `  ${phase(paint, i.phase, SIGNS[i.phase])} ${i.name}  r${i.revision}  ${phase(paint, i.phase)}`),
    ...(last === undefined ? [] : [paint.dim(`  ${last.do}${naming(last.do, last.instance)}: ${last.because}`)]),
  ];
}

/** A line that wraps would break the redraw. Colour is dropped from a line that must be cut. */
function cut(line: string, width: number): string {
  const bare = stripVTControlCharacters(line);
  return bare.length <= width ? line : `${bare.slice(0, width - 1)}…`;
}
