/** Where images come from, as the OCI Distribution Specification 1.1 has it. */

/** `{domain: "reg.example:5000", path: "shop/web"}`; a `Reference` of src/lib/reference.ts is one. */
export interface Repository {
  /** `docker.io` for the Hub; with its port. */
  readonly domain: string;
  readonly path: string;
}

/** What stands behind a tag now. */
export interface Head {
  /** `sha256:…`, of the index where there is one for several platforms. */
  readonly digest: string;
  readonly mediaType: string;
}

export interface Manifest extends Head {
  /** As the registry sent them; their sha256 is `digest`. At most 4 MiB. */
  readonly bytes: Buffer;
}

/** OCI Image Specification, "Content Descriptors". */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One image with every digest by which an engine or a registry may know it. */
export interface PlatformImage {
  /** What the tag names: an index's or a manifest's digest. */
  readonly digest: string;
  /** Of the index, the manifest of this platform and its config; sorted. Two images are the same when they share one. */
  readonly digests: readonly string[];
}

/** A request that somebody waits for goes before those that look by themselves. */
export type Urgency = "now" | "patient";

/**
 * Reads from registries, with the logins of Docker's own files, over TLS unless the host is this machine or declared insecure.
 * Requests to one host keep to the pace it asks for; answers are bounded in time and size, and content is checked against its
 * digest. Raises INS3026 (not reachable, too slow), INS3027 (login refused), INS3028 (asked to slow down), INS3029 (an answer
 * that makes no sense), INS3030 (a certificate nobody here trusts), INS3004 (a login that cannot be read).
 */
export interface Registries {
  /** By a HEAD with the last ETag; null where the registry has no such tag or digest. `version`: a tag or a digest. */
  head(of: Repository, version: string, urgency?: Urgency): Promise<Head | null>;
  manifest(of: Repository, version: string, urgency?: Urgency): Promise<Manifest | null>;
  /** Null where it is gone; longer than `limitBytes` is INS3029. */
  blob(of: Repository, digest: string, limitBytes: number, urgency?: Urgency): Promise<Buffer | null>;
  /** Every tag, all pages; empty for a repository that is not there. At most 100,000. */
  tags(of: Repository, urgency?: Urgency): Promise<readonly string[]>;
  /** What refers to a manifest: signatures, SBOMs. By the referrers API, else by the tag scheme `sha256-…`. */
  referrers(of: Repository, digest: string, artifactType?: string, urgency?: Urgency): Promise<readonly Descriptor[]>;
  /** The digests behind one manifest or index for `platform` (`linux/amd64`); null where it is gone or has none for it. */
  platformImage(of: Repository, head: Head, platform: string, urgency?: Urgency): Promise<PlatformImage | null>;
}

/** What the engine knows about registries: its pulls and our looks go the same ways. */
export interface RegistrySettings {
  /** URLs that are asked before the Hub. */
  readonly mirrors: readonly string[];
  /** Hosts and CIDRs whose certificates are not checked, or that speak plain HTTP. */
  readonly insecure: readonly string[];
}

/** As Docker's files have it; null without one. */
export interface Login {
  readonly username?: string;
  readonly password?: string;
  /** An OAuth2 refresh token instead of a password. */
  readonly identitytoken?: string;
}
