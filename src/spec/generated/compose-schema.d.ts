/** One finding of the schema check; paths are JSON pointers. */
export interface SchemaError {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

declare const validate: { (value: unknown): boolean; errors: readonly SchemaError[] | null };
export default validate;
