import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** In a home that a demo made. A name that nobody else gives a file: what has it is removed whole. */
const MARK = ".made-by-script-demo";
/** A unix socket's path may have about 100 bytes. */
const SOCKET_LIMIT = 100;

/** `INSTAR_HOME`, else .demo in the checkout, else a short path derived from it. */
export function demoHome(root: string): string {
  const given = process.env.INSTAR_HOME;
  return given !== undefined && given !== "" ? given : ownHome(root);
}

/** A demo's by its name, with or without the mark. */
function ownHome(root: string): string {
  const near = join(root, ".demo");
  if (Buffer.byteLength(join(near, "instar.sock")) <= SOCKET_LIMIT) return near;
  return `/tmp/instar-demo-${createHash("sha256").update(root).digest("hex").slice(0, 8)}`;
}

/**
 * To be called before anything is touched: INSTAR_HOME may be that of a real daemon, whose stacks and volumes would be taken for the
 * demo's. Raises for a home with something in it that no demo made.
 */
export function refuseForeign(root: string, home: string): void {
  const there = contents(home);
  if (there.length > 0 && !there.includes(MARK) && home !== ownHome(root))
    throw new Error(`${home} is not the home of a demo → unset INSTAR_HOME, or name a folder that is empty or not there`);
}

/** Whether nothing was in it before. Raises what `refuseForeign` raises. */
export function takeHome(root: string, home: string): boolean {
  refuseForeign(root, home);
  const isNew = contents(home).length === 0;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(join(home, MARK), "");
  return isNew;
}

const contents = (home: string): readonly string[] => (existsSync(home) ? readdirSync(home) : []);
