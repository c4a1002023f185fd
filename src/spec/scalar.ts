import { fail } from "./node.ts";
import type { SyntaxScalar } from "./syntax.ts";
import type { Position } from "./types.ts";

const OCTAL = /^([-+]?)0([0-7]+)$/;
const GROUPED = /^[-+]?[0-9][0-9_]*$/;
const NOTHING = /^(~|null|Null|NULL)?$/;
const WHOLE = /^[-+]?[0-9]+$/;

/**
 * The value of a scalar as Compose's own reader (go-yaml 3) takes it, where that differs from YAML 1.2:
 * `0644` is octal, `1_000` a number, and whole numbers beyond 2^53 keep their digits as text.
 */
export function scalarValue(
  scalar: SyntaxScalar | null,
  where: { readonly path: string; readonly at: Position },
  tagged = false,
): { value: string | number | boolean | null; text: string } {
  // Under !reset and !override the reader leaves every scalar a text.
  const value = tagged && NOTHING.test(scalar?.source ?? "") ? null : (scalar?.value ?? null);
  if (value === null) return { value, text: "" };
  if (typeof value === "boolean") return { value, text: String(value) };
  const source = scalar?.plain === true ? (scalar.source ?? "") : "";
  const octal = OCTAL.exec(source);
  if (octal !== null) return numeric(Number(`0o${octal[2]}`) * (octal[1] === "-" ? -1 : 1));
  if (typeof value === "number") {
    if (!Number.isFinite(value))
      return fail("INS1004", where, `${source} is not a number a stack file can use`, "put it in quotes if it is a text");
    if (WHOLE.test(source) && !Number.isSafeInteger(value)) return { value: source, text: source };
    return numeric(value);
  }
  const text = typeof value === "string" ? value : String(value);
  if (GROUPED.test(source) && source.includes("_")) return numeric(Number(source.replaceAll("_", "")));
  if (text.includes("\0") || !text.isWellFormed())
    return fail("INS1004", where, "the text has a character that no container can take (NUL or half a surrogate pair)");
  return { value: text, text };
}

const numeric = (value: number) => ({ value: Object.is(value, -0) ? 0 : value, text: String(value).replace(/e([-+])(\d)$/, "e$10$2") });
