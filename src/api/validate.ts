import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { FastifyInstance } from "fastify";
import { InstarError } from "../errors.ts";
import { MODELS } from "./model.ts";
import { inParts } from "./schema-parts.ts";

type Part = "body" | "querystring" | "params" | "headers";

/**
 * Bodies are taken as they are; query strings and paths are text, so numbers and booleans are read from it.
 * Nothing is removed or filled in: what does not fit raises INS2001 with the path.
 */
export function useValidators(app: FastifyInstance): void {
  // Made at first use as well.
  const made = new Map<boolean, Ajv>();
  const reading = (coerce: boolean): Ajv => {
    const ajv = made.get(coerce) ?? validator(coerce);
    made.set(coerce, ajv);
    return ajv;
  };
  app.setValidatorCompiler(({ schema, httpPart }) => {
    const part = httpPart as Part | undefined;
    const compiled: { check: ValidateFunction | null } = { check: null };
    return (value: unknown) => {
      // Compiled at first use: the daemon starts without paying for forty schemas.
      compiled.check ??= reading(part !== "body").compile(schema as object);
      return compiled.check(value) ? { value } : { error: misfit(part ?? "body", compiled.check.errors ?? []) };
    };
  });
}

/** The schemas are our own and written for one daemon: checking them and polishing ajv's code costs the first `up` two thirds of its compiling. */
function validator(coerce: boolean): Ajv {
  const ajv = new Ajv({
    ...{ coerceTypes: coerce, removeAdditional: false, useDefaults: coerce, allErrors: false },
    ...{ strict: false, validateSchema: false, inlineRefs: false, code: { optimize: false } },
  });
  for (const schema of MODELS) ajv.addSchema(inParts(schema, (part) => ajv.addSchema(part)));
  return ajv;
}

function misfit(part: Part, errors: readonly ErrorObject[]): InstarError {
  const first = errors[0];
  if (first === undefined) return new InstarError("INS2001", `the request's ${part} does not have the right form`);
  const where = `${part}${first.instancePath.replaceAll("/", ".")}`;
  const extra = typeof first.params.additionalProperty === "string" ? ` (${first.params.additionalProperty})` : "";
  const allowed = Array.isArray(first.params.allowedValues) ? `: ${first.params.allowedValues.join(", ")}` : "";
  return new InstarError("INS2001", `the request does not have the right form: ${where} ${first.message ?? "is wrong"}${extra}${allowed}`, {
    hint: "see instar --help; a client and a daemon of different versions also look like this",
  });
}
