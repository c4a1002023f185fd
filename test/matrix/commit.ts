import { execFileSync } from "node:child_process";
import { ROOT } from "../entry.ts";

/** What this run itself writes does not make its tree another one. */
const OWN = [":!test/matrix/last", ":!docs/crash-matrix.md"];

/** The commit that this tree is, short; `+` behind it: with changes that are in no commit. null: it is no clone. */
export function commitNow(): string | null {
  const git = (...args: readonly string[]): string =>
    execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ...OWN) !== "";
    return `${git("rev-parse", "--short", "HEAD")}${changed ? "+" : ""}`;
  } catch (error) {
    // No git (ENOENT), or no repository (its own exit code).
    const { code, status } = error as { code?: string; status?: number };
    if (code === "ENOENT" || status === 128) return null;
    throw error;
  }
}
