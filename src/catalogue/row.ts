/** Of an error: HTTP status, process exit code, whether trying again can help, and the next thing to do. */
export interface CatalogueRow {
  readonly title: string;
  readonly status: number;
  readonly exit: 0 | 1 | 64 | 65 | 69 | 77;
  readonly retryable: boolean;
  readonly hint: string;
}

export const row = (title: string, status: number, exit: CatalogueRow["exit"], hint: string, retryable = false): CatalogueRow => ({
  title,
  status,
  exit,
  retryable,
  hint,
});
