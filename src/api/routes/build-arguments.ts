import { InstarError } from "../../errors.ts";

/** Base64 of `{"NAME":"value"}` → the object. Raises INS2001. */
export function buildArguments(header: string | undefined): Record<string, string> {
  if (header === undefined || header === "") return {};
  const wrong = (cause?: unknown) =>
    new InstarError("INS2001", "the header instar-build-args is not base64 of a JSON object of texts", { cause });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(header, "base64").toString("utf8"));
  } catch (error) {
    throw wrong(error);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong();
  const args: Record<string, string> = {};
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== "string" || name === "__proto__") throw wrong();
    args[name] = text;
  }
  return args;
}
