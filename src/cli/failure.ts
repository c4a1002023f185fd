import { InstarError } from "../errors.ts";
import type { Exit } from "./cli.ts";

/** `error INS1003 compose.yaml:3:5 …cause… → …what to do…`, or the same as JSON. `red` paints its first word. */
export function errorLine(error: InstarError, json: boolean, red: (word: string) => string = (word) => word): string {
  if (json) return JSON.stringify({ error: error.toJSON() });
  const at = error.at === null ? "" : `${error.at.file}:${error.at.line}:${error.at.column} `;
  return `${red("error")} ${error.code} ${at}${error.message} → ${error.hint}`;
}

/** A catalogue error as it is; anything else is a defect, shown whole with INSTAR_DEBUG. */
export function catalogued(error: unknown): InstarError {
  if (error instanceof InstarError) return error;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new InstarError("INS7005", message, { cause: error });
}

export const exitOf = (error: InstarError): Exit => error.row.exit;
