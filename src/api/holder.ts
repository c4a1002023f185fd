import type { ServiceKey } from "../reconcile/control.ts";
import type { TokenView } from "../reconcile/token-control.ts";
import type { TokenRole } from "../reconcile/token-store.ts";

/** Who asks. */
export interface Holder {
  /** For the record. */
  readonly who: string;
  readonly role: TokenRole;
  /** `stack` or `stack/service`; null: everything. */
  readonly scope: readonly string[] | null;
  /** The name of the token, where it is one that was made; null: the home's, a session, the socket. */
  readonly token: string | null;
}

const RANK: Readonly<Record<TokenRole, number>> = { read: 0, deploy: 1, admin: 2 };

export const isAtLeast = (holder: Holder, role: TokenRole): boolean => RANK[holder.role] >= RANK[role];

export const reaches = ({ scope }: Holder, { stack, service }: ServiceKey): boolean =>
  scope === null || scope.includes(stack) || scope.includes(`${stack}/${service}`);

export const reachesStack = ({ scope }: Holder, stack: string): boolean => scope === null || scope.includes(stack);

/** No claimed name has a colon: `token:NAME` is nobody else's. */
export const holderBy = ({ name, role, scope }: TokenView): Holder => ({ who: `token:${name}`, role, scope, token: name });

/** Who has the home's token, a session of the page, or the socket, and who needs none. */
export const admin = (who: string): Holder => ({ who, role: "admin", scope: null, token: null });
