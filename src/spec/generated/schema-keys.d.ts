/** Schema pointer → the keys allowed there. */
export declare const SCHEMA_KEYS: Readonly<Record<string, readonly string[]>>;
