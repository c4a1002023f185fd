import type { ServiceKey } from "./control.ts";
import type { Instant } from "./ports.ts";

/** Somebody says that this image was pushed. It is never believed, only looked into. */
export interface PushedImage {
  /** `registry.example:5000`, `docker.io` for the Hub. */
  readonly registry: string;
  /** `shop/web`, `library/nginx`. */
  readonly repository: string;
  /** null: not told. */
  readonly tag: string | null;
  readonly digest: string | null;
}

/** What a notice came to for one service. */
export interface Reaction {
  /** `stack/service` */
  readonly service: string;
  /** The deployment that brings the image in, begun by this notice or by another one before it. */
  readonly deployment: string | null;
  readonly reason: string;
}

export interface WatchView extends ServiceKey {
  /** `registry.example/shop/web:1.4` or, for several tags, `registry.example/shop/web:~1.4`. */
  readonly watches: string;
  readonly state:
    | "up-to-date"
    | "deploying"
    | "waiting-for-approval"
    | "waiting-for-age"
    | "waiting-for-window"
    | "waiting"
    | "failed-before"
    | "pinned"
    | "stopped"
    | "nothing-to-watch"
    | "trouble"
    | "not-looked-yet";
  readonly reason: string;
  /** What the registry has now, if it was looked at. */
  readonly candidate: { readonly tag: string; readonly digest: string; readonly seenAt: Instant; readonly from: string } | null;
  readonly everyMs: number;
  readonly lookedAt: Instant | null;
  readonly nextLookAt: Instant | null;
}

/** Raises INS2002 for an unknown service. */
export interface AutoredeployControl {
  /**
   * Looks at the registry at once for every service that watches the image. Notices that come while one is looked into share
   * the next look; ten pushes are one deployment or two. Never raises for what a registry does: the reason says it.
   * Empty: no service runs an image of this repository.
   */
  noticed(image: PushedImage, from: string): Promise<readonly Reaction[]>;
  watched(stack?: string): Promise<readonly WatchView[]>;
  /** Lets the waiting image in. Raises INS2042 when none waits for it. */
  approve(service: ServiceKey, who: string): Promise<Reaction>;
}
