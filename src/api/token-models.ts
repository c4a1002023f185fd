import { Type } from "typebox";
import type { TokenMade, TokenView } from "../reconcile/token-control.ts";
import { model, nullable, oneOf } from "./model.ts";

const text = Type.String();
const instant = Type.Integer({ description: "milliseconds since the epoch" });

export const Role = oneOf("read", "deploy", "admin");

export const TokenModel = model<TokenView>()(
  "Token",
  Type.Object({
    name: text,
    role: Role,
    scope: nullable(Type.Array(text, { description: "`stack` or `stack/service`" })),
    createdAt: instant,
    who: text,
    expiresAt: nullable(instant),
    usedAt: nullable(instant),
  }),
  true,
);

export interface TokenShown extends TokenMade {
  /** Where it can be used on this machine; null without a TCP listener. */
  readonly url: string | null;
}

export const TokenMadeModel = model<TokenShown>()("TokenMade", Type.Object({ token: TokenModel, secret: text, url: nullable(text) }), true);
