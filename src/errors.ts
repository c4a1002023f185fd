import { DAEMON } from "./catalogue/daemon.ts";
import { DEPLOYMENT } from "./catalogue/deployment.ts";
import { ENGINE } from "./catalogue/engine.ts";
import { REQUEST } from "./catalogue/request.ts";
import { ROUTER } from "./catalogue/router.ts";
import type { CatalogueRow } from "./catalogue/row.ts";
import { STACK_FILE } from "./catalogue/stack-file.ts";
import { STORE } from "./catalogue/store.ts";
import type { Position } from "./spec/types.ts";

/**
 * The error catalogue, a file for each range: 1xxx stack file, 2xxx request, 3xxx engine, 4xxx router, 5xxx deployment, 6xxx store,
 * 7xxx daemon. `docs/errors.md` is generated from it and a test compares the two.
 */
export const CATALOGUE = { ...STACK_FILE, ...REQUEST, ...ENGINE, ...ROUTER, ...DEPLOYMENT, ...STORE, ...DAEMON } as const satisfies Record<
  string,
  CatalogueRow
>;

export type ErrorCode = keyof typeof CATALOGUE;

/** `error INS1003 …cause… → …what to do…` */
export class InstarError extends Error {
  readonly code: ErrorCode;
  readonly at: Position | null;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, more: { at?: Position | null; hint?: string; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "InstarError";
    this.code = code;
    this.at = more.at ?? null;
    this.hint = more.hint ?? CATALOGUE[code].hint;
  }

  get row(): CatalogueRow {
    return CATALOGUE[this.code];
  }

  toJSON(): { code: ErrorCode; message: string; hint: string; at?: Position } {
    return { code: this.code, message: this.message, hint: this.hint, ...(this.at === null ? {} : { at: this.at }) };
  }
}
