interface Rule {
  readonly keep: boolean;
  readonly matches: RegExp;
  /** The folders that something the rule matches may stand below. */
  readonly above: RegExp;
}

interface Ignoring {
  readonly ignored: (path: string) => boolean;
  /** The path and, of a folder, whatever is in it: no `!` rule takes anything of it back. */
  readonly whole: (path: string) => boolean;
}

/**
 * `.dockerignore` over paths relative to the context with `/` between parts. The last rule that matches decides; a match of
 * a folder covers what is in it (Dockerfile reference, ".dockerignore file").
 */
export function ignoring(text: string): Ignoring {
  const rules = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map(ruleOf);
  return {
    ignored: (path) => rules.findLast(({ matches }) => matches.test(path))?.keep === false,
    // Only what is said after the rule that covers it can take something back.
    whole: (path) => rules.findLast(({ keep, matches, above }) => matches.test(path) || (keep && above.test(path)))?.keep === false,
  };
}

function ruleOf(line: string): Rule {
  const keep = line.startsWith("!");
  const pattern = (keep ? line.slice(1).trim() : line).replace(/^\.?\/+/, "").replace(/\/+$/, "");
  const matches = new RegExp(`^${pattern === "." ? ".*" : expression(pattern)}(/|$)`);
  return { keep, matches, above: new RegExp(`^${folders(pattern.split("/"))}$`) };
}

/** `a/b/*.c` → a and a/b; from `**` on, any. */
function folders([first = "", ...rest]: readonly string[]): string {
  if (first.includes("**")) return ".*";
  return rest.length === 0 ? "(?!)" : `${expression(first)}(?:/${folders(rest)})?`;
}

/** Go's filepath.Match with `**` for any number of folders. */
function expression(pattern: string): string {
  let out = "";
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string;
    if (pattern.startsWith("**/", i)) {
      out += "(?:.*/)?";
      i += 2;
    } else if (pattern.startsWith("**", i)) {
      out += ".*";
      i += 1;
    } else if (c === "*") out += "[^/]*";
    else if (c === "?") out += "[^/]";
    else if (c === "[" && pattern.indexOf("]", i + 2) > 0) {
      const end = pattern.indexOf("]", i + 2);
      out += `[${pattern.slice(i + 1, end).replace(/\\/g, "\\\\")}]`;
      i = end;
    } else out += c.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  }
  return out;
}
