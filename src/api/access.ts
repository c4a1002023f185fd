import type { ServiceKey } from "../reconcile/control.ts";
import type { TokenRole } from "../reconcile/token-store.ts";

/**
 * Of which services a route is, which a token with a scope must reach:
 * `service` the one in its path; `deployment` the one whose deployment is in its path; `asked` those its query asks for, which must be
 * named; `rows` those of the rows that it answers with, of which others are left out; `nothing` none, and no other can be seen by it;
 * `everything` of all.
 */
export type Of = "service" | "deployment" | "asked" | "rows" | "nothing" | "everything";

/** What a body asks for beyond the route itself. */
export interface Beyond {
  readonly role?: TokenRole;
  readonly reads?: ServiceKey;
}

/** What whoever calls a route must be: `open` anybody, `hook` whoever knows the secret in its address, or the least role. */
export type Access =
  | { readonly kind: "open" | "hook" }
  | {
      readonly kind: "role";
      readonly role: TokenRole;
      readonly of: Of;
      /** Called with the body once it has the form of the route's schema. */
      readonly beyond?: (body: never) => Beyond;
      /** A deployment of a group moves the others: it is of its whole stack. */
      readonly moves?: true;
    };

declare module "fastify" {
  interface FastifyContextConfig {
    access?: Access;
  }
}

interface Config {
  readonly access: Access;
}

/** For a route's `config`: no route is without. */
export const needs = (role: "read" | "deploy", of: Of): Config => ({ access: { kind: "role", role, of } });

/** As `needs`, and what the body asks for. */
export const needsByBody = <Body>(role: "read" | "deploy", of: Of, beyond: (body: Body) => Beyond): Config => ({
  access: { kind: "role", role, of, beyond },
});

/** Of a call that moves a deployment. */
export const MOVES: Config = { access: { kind: "role", role: "deploy", of: "deployment", moves: true } };
export const ADMIN: Config = { access: { kind: "role", role: "admin", of: "everything" } };
export const OPEN: Config = { access: { kind: "open" } };
export const HOOK: Config = { access: { kind: "hook" } };
