import type { Readable } from "node:stream";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from "fastify";
import type { Control } from "../reconcile/control.ts";
import type { Declared } from "./authorize.ts";
import type { Holder } from "./holder.ts";

export interface ApiOptions {
  readonly control: Control;
  /** What a client off the socket must show. 256 random bits as text. */
  readonly token: string;
  readonly log: FastifyBaseLogger;
  readonly version: string;
  /** The file in which the page's sessions outlive the daemon; without, they end with it. */
  readonly sessions?: string;
  /** How often an answer that lasts is looked at, whether its token still stands; 5 s without. */
  readonly lookAgainMs?: number;
  /** A copy of Instar's own data as one stream. */
  readonly backup: (who: string) => Promise<{ readonly name: string; readonly bytes: number; readonly body: Readable }>;
}

/** A fastify instance that knows the schemas' types. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module "fastify" {
  interface FastifyInstance {
    /** Every route, as it was added. */
    declared: readonly Declared[];
  }
  interface FastifyRequest {
    holder: Holder;
    /**
     * Who asks, for the record: `alice` over the socket, `admin-token:alice` with the home's token (both as claimed), `token:ci` with the
     * token of that name, `page` with a session.
     */
    who: string;
  }
}
