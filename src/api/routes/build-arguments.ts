import { Ajv, type ValidateFunction } from "ajv";
import { InstarError } from "../../errors.ts";
import type { BuildOptions } from "../../spec/types.ts";
import { BuildOptionsShape } from "../spec-models.ts";

/** Base64 of `{"NAME":"value"}` → the object. Raises INS2001. */
export function buildArguments(header: string | undefined): Record<string, string> {
  if (header === undefined || header === "") return {};
  const value = jsonIn("instar-build-args", header);
  const args: Record<string, string> = {};
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== "string" || name === "__proto__") throw wrong("instar-build-args");
    args[name] = text;
  }
  return args;
}

/** Base64 of a JSON object of build options → the object; null without. Raises INS2001. */
export function buildOptions(header: string | undefined): BuildOptions | null {
  if (header === undefined || header === "") return null;
  const value = jsonIn("instar-build-options", header);
  // Compiled at first use: few builds say anything of the kind.
  fits ??= new Ajv({ strict: false }).compile<BuildOptions>(BuildOptionsShape);
  if (!fits(value)) throw wrong("instar-build-options");
  return value;
}

let fits: ValidateFunction<BuildOptions> | null = null;

function jsonIn(name: string, header: string): object {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(header, "base64").toString("utf8"));
  } catch (error) {
    throw wrong(name, error);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(name);
  return value;
}

const wrong = (name: string, cause?: unknown): InstarError =>
  new InstarError("INS2001", `the header ${name} is not base64 of a JSON object of the right form`, { cause });
