interface Rule {
  readonly keep: boolean;
  readonly matches: RegExp;
}

/**
 * `.dockerignore` as a predicate over paths relative to the context with `/` between parts. The last rule that
 * matches decides; a match of a folder covers what is in it (Dockerfile reference, ".dockerignore file").
 */
export function ignoring(text: string): (path: string) => boolean {
  const rules = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map(ruleOf);
  return (path) => {
    let ignored = false;
    for (const rule of rules) if (rule.matches.test(path)) ignored = !rule.keep;
    return ignored;
  };
}

function ruleOf(line: string): Rule {
  const keep = line.startsWith("!");
  const pattern = (keep ? line.slice(1).trim() : line).replace(/^\.?\/+/, "").replace(/\/+$/, "");
  return { keep, matches: new RegExp(`^${pattern === "." ? ".*" : expression(pattern)}(/|$)`) };
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
