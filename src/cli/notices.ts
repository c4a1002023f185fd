import type { Cli } from "./cli.ts";
import type { Notice } from "./client.ts";

/** Remarks about the file, on stderr: `notice compose.yaml:3:5 …`. */
export function tellNotices(cli: Cli, notices: readonly Notice[]): void {
  for (const notice of notices) {
    const at = notice.at === null ? "" : `${notice.at.file}:${notice.at.line}:${notice.at.column} `;
    cli.remark(`${cli.stderr.paint.yellow("notice")} ${at}${notice.message}`);
  }
}
