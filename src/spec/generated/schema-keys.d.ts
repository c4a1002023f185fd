/** Path in the file (`services.*.ports.*`) → the keys allowed there. */
export declare const SCHEMA_KEYS: Readonly<Record<string, readonly string[]>>;
