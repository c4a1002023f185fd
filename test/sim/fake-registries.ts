import { InstarError } from "../../src/errors.ts";
import { familiarName } from "../../src/lib/reference.ts";
import type { Descriptor, Head, PlatformImage, Registries, Repository } from "../../src/reconcile/registry-port.ts";
import type { FakeImages } from "./fake-images.ts";

const name = ({ domain, path }: Repository): string => familiarName({ domain, path, tag: null, digest: null });
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** The registry that a simulated engine pulls from, as the daemon itself sees it. It has names and digests, and no content. */
export class FakeRegistries implements Registries {
  readonly asked: string[] = [];
  readonly #images: FakeImages;

  constructor(images: FakeImages) {
    this.#images = images;
  }

  async head(of: Repository, version: string): Promise<Head | null> {
    this.#enter(`${of.path} ${version}`);
    const image = this.#images.published(`${name(of)}${version.startsWith("sha256:") ? "@" : ":"}${version}`);
    return image === null ? null : { digest: image.shown, mediaType: MANIFEST };
  }

  async platformImage(of: Repository, { digest }: Head): Promise<PlatformImage | null> {
    this.#enter(`${of.path} ${digest}`);
    const image = this.#images.published(`${name(of)}@${digest}`);
    return image === null ? null : { digest, digests: image.digests };
  }

  async tags(of: Repository): Promise<readonly string[]> {
    this.#enter(`${of.path} tags`);
    const prefix = `${name(of)}:`;
    return this.#images.references().flatMap((one) => (one.startsWith(prefix) ? [one.slice(prefix.length)] : []));
  }

  async manifest(): Promise<null> {
    return null;
  }

  async blob(): Promise<null> {
    return null;
  }

  async referrers(): Promise<readonly Descriptor[]> {
    return [];
  }

  #enter(what: string): void {
    this.asked.push(what);
    if (this.#images.registryDown) throw new InstarError("INS3026", "the registry cannot be reached: connection refused");
  }
}
