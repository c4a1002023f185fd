import type { ServiceKey } from "./control.ts";
import type { Instant } from "./ports.ts";

/** What Instar remembers of a service that follows a registry. What the registry has is looked at, not remembered. */
export interface FollowRow extends ServiceKey {
  /** The image seen last that is not the one wanted; null: what is wanted is what the registry has. */
  readonly sighting: {
    /** `registry.example/shop/web` */
    readonly repository: string;
    readonly tag: string;
    readonly digest: string;
    /** Every digest of it for this machine. */
    readonly digests: readonly string[];
    readonly seenAt: Instant;
    /** Who said so: `polling`, or the name a notice came with. */
    readonly from: string;
  } | null;
  /** The digest that somebody let in. */
  readonly approved: { readonly digest: string; readonly by: string } | null;
  /** The deployment begun last for a push. */
  readonly began: { readonly at: Instant; readonly deployment: string } | null;
  /** Since when looking fails; null: it does not. */
  readonly trouble: { readonly since: Instant; readonly message: string } | null;
}

export interface FollowStore {
  followed(key: ServiceKey): Promise<FollowRow | null>;
  putFollow(row: FollowRow): Promise<void>;
}
