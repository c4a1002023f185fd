import { accessSync, constants, mkdirSync } from "node:fs";
import { isIPv4 } from "node:net";
import { InstarError } from "./errors.ts";
import { parseDuration } from "./lib/duration.ts";
import { MAX_TIMER_MS } from "./spec/values.ts";

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

export interface Settings {
  readonly logLevel: string;
  readonly httpPort: number;
  /** Where the stacks' networks come from, as CIDR: `10.209.0.0/16`. */
  readonly pool: string;
  readonly routerImage: string;
  /** How often instances are looked at for drift. */
  readonly lookEveryMs?: number;
}

/** What the environment says to the daemon; a variable that is empty is none. Raises INS2001. */
export function settingsOf(env: Readonly<Record<string, string | undefined>>): Settings {
  return {
    logLevel: logLevel(env.INSTAR_LOG || "info"),
    httpPort: httpPort(env.INSTAR_HTTP_PORT || "80"),
    pool: pool(env.INSTAR_POOL || "10.209.0.0/16"),
    routerImage: env.INSTAR_ROUTER_IMAGE || "instar/router:3.0",
    ...(env.INSTAR_LOOK ? { lookEveryMs: lookEvery(env.INSTAR_LOOK) } : {}),
  };
}

/** The folder for everything the daemon keeps, its owner's alone. Raises INS2001 where it cannot be made or written. */
export function makeHome(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOSPC") throw new InstarError("INS6003", `no space left to make ${path}`, { cause });
    throw new InstarError("INS2001", `the home ${path} cannot be used: ${message}`, {
      cause,
      hint: "set INSTAR_HOME to a folder that this user can make and write, or start the daemon as the folder's owner",
    });
  }
}

function logLevel(written: string): string {
  const level = written.toLowerCase();
  if (!LOG_LEVELS.includes(level)) throw new InstarError("INS2001", `INSTAR_LOG is ${written}`, { hint: `write ${LOG_LEVELS.join(", ")}` });
  return level;
}

function httpPort(written: string): number {
  const port = /^\d{1,5}$/.test(written) ? Number(written) : 0;
  if (port < 1 || port > 65535)
    throw new InstarError("INS2001", `INSTAR_HTTP_PORT is ${written}`, { hint: "write a port from 1 to 65535: 8080" });
  return port;
}

/** A stack's network is a /23 of it (src/reconcile/addresses.ts), so that is the least. */
function pool(written: string): string {
  const [address = "", prefix = "", ...more] = written.split("/");
  if (isIPv4(address) && /^\d{1,2}$/.test(prefix) && Number(prefix) >= 8 && Number(prefix) <= 23 && more.length === 0) return written;
  throw new InstarError("INS2001", `INSTAR_POOL is ${written}`, { hint: "write an IPv4 block from a /8 to a /23: 10.209.0.0/16" });
}

/** `10s` */
function lookEvery(written: string): number {
  const ms = parseDuration(written);
  // Beyond what a timer holds (2^31 - 1 ms) it would be every millisecond.
  if (ms === null || ms < 100 || ms > MAX_TIMER_MS)
    throw new InstarError("INS2001", `INSTAR_LOOK is ${written}`, { hint: "write a duration from 100ms to 24d: 10s" });
  return ms;
}
