export interface HookAnswer {
  readonly status: number;
  /** At most 64 KiB of it. */
  readonly body: string;
}

/** Posts JSON to a URL of a stack file, signed; never follows a redirect, never waits longer than 10 s. */
export interface Hooks {
  /**
   * @param event what it is about, also as a header
   * @param delivery the same for every repetition of one message
   * Rejects with words that do not hold the URL.
   */
  post(url: string, message: { readonly event: string; readonly delivery: string; readonly body: object }): Promise<HookAnswer>;
}
