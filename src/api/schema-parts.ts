type Schema = { readonly [key: string]: unknown };
interface Named {
  readonly $id: string;
}

const OF_SCHEMAS: ReadonlySet<string> = new Set(["anyOf", "items", "additionalProperties"]);
const SCHEMAS_BY_NAME: ReadonlySet<string> = new Set(["properties", "patternProperties"]);

/**
 * The same schema with everything nested in it as a schema of its own, which `add` is given and `$ref` names. ajv makes one function of a
 * schema and of all that stands in it. Of a whole service's that is so large that V8, once it is called often, takes 1.2 s and
 * 190 MB to optimize it, which malloc then keeps; in parts, 23 MB.
 */
export function inParts(schema: Named, add: (part: Schema & Named) => void): Schema {
  let count = 0;
  const apart = (of: unknown): unknown => {
    if (Array.isArray(of)) return of.map(apart);
    if (of === null || typeof of !== "object") return of;
    const whole = nested(of as Schema);
    if (!("properties" in whole || "patternProperties" in whole || "anyOf" in whole)) return whole;
    const $id = `${schema.$id}-${++count}`;
    add({ ...whole, $id });
    return { $ref: `${$id}#` };
  };
  const nested = (of: Schema): Schema =>
    Object.fromEntries(
      Object.entries(of).map(([key, value]) => {
        if (SCHEMAS_BY_NAME.has(key))
          return [key, Object.fromEntries(Object.entries(value as Schema).map(([name, one]) => [name, apart(one)]))];
        return [key, OF_SCHEMAS.has(key) ? apart(value) : value];
      }),
    );
  return nested({ ...schema });
}
