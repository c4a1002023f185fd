import { InstarError } from "../errors.ts";
import type { Cli } from "./cli.ts";
import { asError, type Snapshot } from "./client.ts";
import { size } from "./table.ts";

interface Progress {
  readonly phase: string;
  readonly volume: string;
  readonly bytes: number;
  readonly of: number | null;
}

interface Line {
  readonly progress?: Progress;
  readonly snapshots?: readonly Snapshot[];
  readonly error?: unknown;
}

/**
 * Shows the work's progress on stderr, in place on a terminal, else a line for each phase; resolves with its snapshots.
 * Raises the work's error; INS7001 when the daemon went away meanwhile.
 */
export async function followWork(cli: Cli, lines: AsyncIterable<string>, now: () => number = Date.now): Promise<readonly Snapshot[]> {
  const inPlace = cli.stderr.tty && !cli.json;
  let phase = "";
  let since = now();
  for await (const text of lines) {
    const line = JSON.parse(text) as Line;
    if (inPlace && line.progress === undefined) cli.stderr.draw("\r\u001b[2K");
    if (line.error !== undefined) throw asError(line, 200);
    if (line.snapshots !== undefined) return line.snapshots;
    if (line.progress === undefined) continue;
    const name = `${line.progress.phase} ${line.progress.volume}`;
    if (name !== phase) {
      phase = name;
      since = now();
      if (!inPlace) cli.remark(`${name}${line.progress.of === null ? "" : `, about ${size(line.progress.of)}`}`);
    }
    if (inPlace) cli.stderr.draw(`\r\u001b[2K${shown(line.progress, (now() - since) / 1000)}`);
  }
  throw new InstarError("INS7001", "the daemon went away before the work had ended", {
    hint: "once it is back, instar volumes tells how things are",
  });
}

function shown({ phase, volume, bytes, of }: Progress, seconds: number): string {
  const part = of === null ? "" : ` of ${size(of)}, ${Math.min(99, Math.floor((bytes / Math.max(1, of)) * 100))} %`;
  const rate = seconds < 0.5 ? "" : `, ${size(bytes / seconds)}/s`;
  return `${phase} ${volume}  ${size(bytes)}${part}${rate}`;
}
