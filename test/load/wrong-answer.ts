import type { LoadOptions } from "./report.ts";

/** What the rude application says of itself and of what it was asked. */
export interface Said {
  readonly version?: string;
  readonly instance?: string;
  readonly app?: string;
  readonly proven?: boolean;
  readonly n?: string;
  readonly method?: string;
  readonly body?: string;
}

interface Asked {
  readonly n: number;
  readonly method: string;
  readonly body: string | null;
}

/** What is wrong with a whole answer, in words; null: nothing. */
export function faultIn(said: Said, { n, method, body }: Asked, options: Pick<LoadOptions, "app" | "proven">): string | null {
  if (options.app !== null && said.app !== options.app) return `answered by ${said.app}, which is another service`;
  if (said.n !== String(n) || said.method !== method) return `the answer to another request: ${said.method} ${said.n}`;
  if (body !== null && said.body !== body) return `the body came back changed: ${said.body?.length} of ${body.length} characters`;
  if (options.proven && said.proven !== true) return `answered by ${said.instance} (${said.version}) before it was ready`;
  return null;
}

export const notJson = (text: string): string => `not JSON: ${text.slice(0, 120)}`;

const WRONG = /which is another service$|^the answer to another request: |^the body came back changed: |before it was ready$|^not JSON: /;

/**
 * A whole answer, but not the right one: no death and no outage excuses it, since whoever loses a request in time gets no answer at
 * all, a broken one, or a status that says so.
 */
export const isWrongAnswer = (error: string): boolean => WRONG.test(error);
