import { type Static, type TSchema, Type } from "typebox";

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** `true` only when both describe the same values, so a schema that lags behind its interface does not compile. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

/** Every named schema, in the order in which they were made: registered with fastify and with the validator. */
export const MODELS: (TSchema & { readonly $id: string })[] = [];

/**
 * A named schema for the interface T. Returns a reference typed as T; the schema itself is registered
 * under `id` and appears once in the OpenAPI document.
 */
export function model<T>() {
  return <S extends TSchema>(id: string, schema: S, _same: Same<DeepReadonly<Static<S>>, T>) => {
    MODELS.push({ ...schema, $id: id });
    return Type.Unsafe<T>(Type.Ref(`${id}#`));
  };
}

/** Closed object: a key that is not in the schema is refused, never dropped. */
export const closed = <P extends Parameters<typeof Type.Object>[0]>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });

export const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

export const oneOf = <const V extends readonly string[]>(...values: V) => Type.Unsafe<V[number]>({ type: "string", enum: [...values] });

/** Integer of 0 or more. */
export const count = Type.Integer({ minimum: 0 });

export const StackName = Type.String({ pattern: "^[a-z0-9][a-z0-9_-]{0,62}$" });
export const SERVICE_NAME = "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$";
export const ServiceName = Type.String({ pattern: SERVICE_NAME });
export const DeploymentId = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" });
/** `service` or `stack/service`. */
export const Name = Type.String({ pattern: "^([a-z0-9][a-z0-9_-]{0,62}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,62}$" });
export const ImageReference = Type.String({ maxLength: 512, pattern: "^[A-Za-z0-9[][A-Za-z0-9._:/@+[\\]-]*$" });
/** Keys match `pattern` and are never the names that reach an object's prototype. */
export const dictionary = <S extends TSchema>(value: S, pattern = "^") =>
  Type.Unsafe<Record<string, Static<S>>>({
    type: "object",
    propertyNames: { maxLength: 1024, pattern, not: { enum: ["__proto__", "constructor", "prototype"] } },
    additionalProperties: value,
  });
