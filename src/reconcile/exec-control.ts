import type { ServiceKey } from "./control.ts";

export interface ExecRequest {
  /** An instance, or a service (`shop/web`, `web`): its first instance that serves. */
  readonly target: string;
  readonly command: readonly string[];
  /** Why; at least three signs that are no blanks. */
  readonly reason: string;
  readonly tty: boolean;
  readonly columns: number | null;
  readonly rows: number | null;
  readonly who: string;
}

export interface ExecOpened extends ServiceKey {
  /** For `run`, within ten seconds. */
  readonly id: string;
  readonly instance: string;
}

export type ExecPiece = { readonly stream: "stdout" | "stderr"; readonly payload: Buffer } | { readonly exit: number };

/** The emergency door: recorded with who and why, and it taints. */
export interface ExecControl {
  /** Raises INS2038 for no such instance, INS2039 without a reason. */
  open(request: ExecRequest): Promise<ExecOpened>;
  /** Output as it comes, then the exit code. Raises INS2040 for an id that is none, INS3024. */
  run(id: string, input: AsyncIterable<Buffer>): AsyncIterable<ExecPiece>;
  resize(id: string, columns: number, rows: number): Promise<void>;
}
