import { writeSync } from "node:fs";
import { type Logger, pino } from "pino";

/** Of what cannot be written, in bytes. */
const KEPT = 1024 * 1024;

/**
 * The daemon's own log: JSON, a line each, on stderr, or on the file descriptor given. Writing never raises and never blocks for a
 * disk: what cannot be written (a full one behind `2>>`) waits and comes first once there is room again; beyond 1 MiB of it lines are
 * lost, and counted by a line of their own. pino's own destination raises once and then, at a fatal line, tries for ever.
 */
export function openLog(level: string, to = 2): Logger {
  let waiting = Buffer.alloc(0);
  let lost = 0;
  const drained = (): boolean => {
    try {
      while (waiting.length > 0) waiting = waiting.subarray(writeSync(to, waiting));
      return true;
    } catch {
      // Whatever the system says of the log's own file: there is nowhere to tell it before it can be written again.
      return false;
    }
  };
  const write = (line: string): void => {
    if (drained() && lost > 0) {
      const count = lost;
      lost = 0;
      log.warn({ lost: count }, "lines of this log could not be written and are lost");
    }
    const bytes = Buffer.from(line);
    if (waiting.length + bytes.length > KEPT) lost += 1;
    else waiting = Buffer.concat([waiting, bytes]);
    drained();
  };
  const log = pino({ level, redact: ["req.headers.authorization", "req.headers.cookie"] }, { write });
  return log;
}
