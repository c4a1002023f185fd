/**
 * Splits a command line into words as Compose does (go-shellwords): quotes and backslashes, no variables, no globs.
 * It ends at an unquoted `;`, `&`, `|`, `<` or `>`, for no shell is involved; `cut` is that place, null when there was none.
 * null when a quote or a backslash is left open, or at an unquoted parenthesis.
 */
export function splitWords(line: string): { readonly words: readonly string[]; readonly cut: number | null } | null {
  const words: string[] = [];
  let word = "";
  let begun = false;
  let quote: string | null = null;
  const finish = (): void => {
    if (begun) words.push(word);
    word = "";
    begun = false;
  };
  for (let i = 0; i < line.length; i++) {
    const character = line[i] ?? "";
    if (character === "\\" && quote !== "'") {
      const next = line[++i];
      if (next === undefined) return null;
      word += next;
      begun = true;
    } else if (quote !== null) {
      // Backquotes and $( ) only keep their words together: they stay in the text.
      if (character !== quote || quote === "`" || quote === ")") word += character;
      if (character === quote) quote = null;
    } else if (character === '"' || character === "'") {
      quote = character;
      begun = true;
    } else if (character === "`" || (character === "$" && line[i + 1] === "(")) {
      quote = character === "`" ? "`" : ")";
      word += character === "`" ? "`" : "$(";
      if (character === "$") i += 1;
      begun = true;
    } else if (character === "(") return null;
    else if (/\s/.test(character)) finish();
    else if (";&|<>".includes(character)) {
      // `2>` takes its number along.
      if (character === ">" && /^\d/.test(word)) begun = false;
      finish();
      return { words, cut: i };
    } else {
      word += character;
      begun = true;
    }
  }
  if (quote !== null) return null;
  finish();
  return { words, cut: null };
}
