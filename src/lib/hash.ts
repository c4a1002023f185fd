import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

/** The RFC 8785 (JCS) text of a JSON value: equal values give equal bytes whatever the order of their keys. */
export function canonicalText(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("only JSON values have a canonical text");
  return text;
}

/** sha256 over the canonical text, 64 hex digits. */
export function hashOf(value: unknown): string {
  return createHash("sha256").update(canonicalText(value), "utf8").digest("hex");
}

/** sha256 over bytes or UTF-8 text, 64 hex digits. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** What people see of a hash: its first 12 hex digits, without an algorithm prefix. */
export function short(hash: string): string {
  const colon = hash.indexOf(":");
  return hash.slice(colon + 1, colon + 13);
}
