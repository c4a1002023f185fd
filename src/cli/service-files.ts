import { existsSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { InstarError } from "../errors.ts";
import { MARK } from "./unit.ts";

export type Places = ReturnType<typeof placesIn>;

/** Where the parts of an installed service are, below `root`. */
export function placesIn(root: string) {
  const at = (path: string): string => join(root, path);
  return {
    root,
    unit: at("/etc/systemd/system/instar.service"),
    wanted: at("/etc/systemd/system/multi-user.target.wants/instar.service"),
    settings: at("/etc/default/instar"),
    command: at("/usr/local/bin/instar"),
  };
}

/** null: there is none. */
export function textOf(path: string): string | null {
  return unlessMissing(() => readFileSync(path, "utf8"));
}

/** A whole file or none. Raises INS7017 for one that `init` did not write, unless `force`. */
export function putFile(path: string, text: string, force: boolean): void {
  const there = textOf(path);
  if (there === text) return;
  if (there !== null && !there.startsWith(MARK) && !force) throw inTheWay(path, "was not written by instar init");
  refusingRights(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, text, { mode: 0o644 });
    renameSync(`${path}.new`, path);
  });
}

/** A symbolic link. Raises INS7017 where something else has its name, unless `force`. */
export function putLink(path: string, to: string, force: boolean): void {
  const there = linkAt(path);
  if (there === to) return;
  if (there !== null && !force) throw inTheWay(path, there === NO_LINK ? "is there already" : `leads to ${there}`);
  refusingRights(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    rmSync(`${path}.new`, { force: true });
    symlinkSync(to, `${path}.new`);
    renameSync(`${path}.new`, path);
  });
}

/** Whether `init` wrote it. */
export const isOurs = (path: string): boolean => textOf(path)?.startsWith(MARK) === true;

/**
 * Whether `init` made the command before its checkout was moved: a link to what our unit starts, or to a `bin/instar` that is gone.
 */
export function wasOurs({ root, unit, command }: Places): boolean {
  const to = linkAt(command);
  if (to === null || to === NO_LINK) return false;
  if (isOurs(unit) && textOf(unit)?.includes(`\nExecStart="${to}" server\n`)) return true;
  // Below another root it leads to a program of that root.
  return to.endsWith("/bin/instar") && !existsSync(command) && !existsSync(join(root, to));
}

export function takeFile(path: string): void {
  refusingRights(path, () => rmSync(path));
}

/** One that leads elsewhere is somebody else's and stays, unless `force`. */
export function takeLink(path: string, to: string, force: boolean): void {
  if (linkAt(path) === to || force) takeFile(path);
}

/** No path that a link can lead to. */
const NO_LINK = "";

function linkAt(path: string): string | null {
  return unlessMissing(() => {
    try {
      return readlinkSync(path);
    } catch (error) {
      // A file or a folder.
      if ((error as NodeJS.ErrnoException).code === "EINVAL") return NO_LINK;
      throw error;
    }
  });
}

function unlessMissing<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function refusingRights(path: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM" || code === "EROFS")
      throw new InstarError("INS2001", `${path} cannot be written: ${message}`, { cause, hint: "run it as root: sudo instar init" });
    throw cause;
  }
}

const inTheWay = (path: string, why: string): InstarError => new InstarError("INS7017", `${path} ${why}`);
