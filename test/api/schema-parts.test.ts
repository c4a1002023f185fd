import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, it } from "vitest";
import "../../src/api/models.ts";
import { MODELS } from "../../src/api/model.ts";
import { inParts } from "../../src/api/schema-parts.ts";
import { upRequest } from "../conformance/up-request.ts";
import { stack } from "../reconcile/house.ts";

const RUNS = Number(process.env.INSTAR_RUNS ?? 300);
const parts: (object & { readonly $id: string })[] = [];
const split = MODELS.map((schema) => inParts(schema, (part) => parts.push(part)));

it("no schema has another one in it: what ajv makes of one is small", () => {
  const nested = (of: unknown): boolean =>
    typeof of === "object" && of !== null && ("properties" in of || "anyOf" in of || Object.values(of).some(nested));
  for (const schema of [...split, ...parts])
    for (const [key, value] of Object.entries(schema)) {
      const within = ["properties", "patternProperties"].includes(key) ? Object.values(value as object) : [value];
      expect(within.filter(nested), JSON.stringify(schema)).toEqual([]);
    }
  const ids = [...MODELS, ...parts].map(({ $id }) => $id);
  expect(new Set(ids).size).toBe(ids.length);
});

const compiled = (whole: boolean) => {
  const ajv = new Ajv({ strict: false, validateSchema: false, inlineRefs: whole });
  for (const schema of [...(whole ? MODELS : split), ...(whole ? [] : parts)]) ajv.addSchema(schema);
  return ajv.compile({ $ref: "UpRequest#" });
};

it("what fits is the same, and so is what is said of what does not", () => {
  const [whole, apart] = [compiled(true), compiled(false)];
  const mounts = [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }] as const;
  const request = upRequest(stack({ web: { mounts, environment: { A: "b" } }, db: {} }));
  // The first is told: of an alternative that does not fit, a part says less than the whole.
  const said = ({ errors }: typeof whole) => errors?.slice(0, 1).map((one) => [one.instancePath, one.keyword, one.message, one.params]);
  expect([whole(request), apart(request)]).toEqual([true, true]);
  const paths: string[][] = [];
  const walk = (value: unknown, path: string[]): void => {
    if (path.length > 0) paths.push(path);
    if (typeof value === "object" && value !== null) for (const [key, one] of Object.entries(value)) walk(one, [...path, key]);
  };
  walk(request, []);
  const values = fc.constantFrom<unknown>(null, undefined, -1, 0.5, "", "x", true, [], {}, { unknown: 1 }, [null]);
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...paths), values, (path, value) => {
      const other = structuredClone(request);
      let at = other as unknown as Record<string, unknown>;
      for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
      at[path.at(-1) ?? ""] = value;
      expect(apart(other)).toBe(whole(other));
      expect(said(apart)).toEqual(said(whole));
      if (apart.errors !== null) refused++;
    }),
    { numRuns: RUNS },
  );
  expect(refused).toBeGreaterThan(RUNS / 2);
});
