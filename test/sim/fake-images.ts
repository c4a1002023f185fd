import { createHash } from "node:crypto";
import { InstarError } from "../../src/errors.ts";
import { familiarName, parseReference } from "../../src/lib/reference.ts";
import type { Engine } from "../../src/reconcile/ports.ts";
import type { ImageIdentity } from "../../src/spec/types.ts";

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const missing = (text: string, why: string): InstarError => new InstarError("INS3004", `the image ${text} ${why}`);

/** The images of a simulated engine, and the one registry it can pull from. */
export class FakeImages implements Pick<Engine, "resolveImage" | "hasImage" | "restoreImage" | "build" | "push"> {
  registryDown = false;
  /** Images cannot be read out. */
  unreadable = false;
  /** Text of each config, by its digest. */
  private readonly configs = new Map<string, string>();
  private readonly local = new Map<string, ImageIdentity>();
  /** By tag, and by digest: what a tag left stays there. */
  private readonly registry = new Map<string, ImageIdentity>();

  /** Imported or built here: no registry knows it. `content` decides the digest. */
  add(reference: string, content: string = reference, volumes: readonly string[] = []): ImageIdentity {
    const id = digestOf(`config ${content}`);
    this.configs.set(id, `config ${content}`);
    const image = { reference, digests: [id], runnable: id, shown: id, ...(volumes.length === 0 ? {} : { volumes }) };
    this.local.set(reference, image);
    return image;
  }

  /** Pushed to the registry; the engine has it once it is pulled. */
  publish(reference: string, content: string = reference, manifest: string = digestOf(`manifest ${content}`)): ImageIdentity {
    const parsed = parseReference(reference);
    if (parsed === null) throw new Error(`${reference} is no reference`);
    const config = digestOf(`config ${content}`);
    this.configs.set(config, `config ${content}`);
    const digests = [manifest, config].sort();
    const image = { reference, digests, runnable: `${familiarName(parsed)}@${manifest}`, shown: manifest };
    this.registry.set(reference, image);
    this.registry.set(image.runnable, image);
    return image;
  }

  /** What the registry has under a name with a tag or a digest. */
  published(reference: string): ImageIdentity | null {
    return this.registry.get(reference) ?? null;
  }

  /** A tag or a digest that somebody removes there. */
  withdraw(reference: string): void {
    this.registry.delete(reference);
  }

  /** Every reference the registry knows. */
  references(): readonly string[] {
    return [...this.registry.keys()];
  }

  /** The config of an image that is here. */
  configOf(image: ImageIdentity): string | null {
    if (this.unreadable) throw new InstarError("INS3005", "the engine refused: input/output error");
    const id = this.idOf(image);
    return id === null ? null : (this.configs.get(id) ?? null);
  }

  /** As `docker load`: under its id alone. */
  load(config: string): void {
    const id = digestOf(config);
    this.configs.set(id, config);
    this.local.set(id, { reference: id, digests: [id], runnable: id, shown: id });
  }

  /** As `docker rmi` without force, where no container is in the way. */
  drop(name: string, image: ImageIdentity): "removed" | "gone" | "kept" {
    const held = this.local.get(name);
    if (held === undefined) return "gone";
    if (!held.digests.some((digest) => image.digests.includes(digest))) return "kept";
    this.local.delete(name);
    return "removed";
  }

  /** As `docker image prune -a` would. */
  forget(image: ImageIdentity): void {
    for (const [reference, held] of this.local) if (held.shown === image.shown) this.local.delete(reference);
  }

  /** The config digest by which containers name it, if it is here. */
  idOf(image: ImageIdentity): string | null {
    const held = this.held(image);
    return held === null ? null : (held.digests.find((digest) => digest !== held.shown) ?? held.shown);
  }

  private held(image: ImageIdentity): ImageIdentity | null {
    return [...this.local.values()].find((held) => held.digests.some((digest) => image.digests.includes(digest))) ?? null;
  }

  async resolveImage(
    text: string,
    pull: "missing" | "always" | "never",
    progress: (line: string) => void = () => {},
  ): Promise<ImageIdentity> {
    const local = [...this.local.values()].find((image) => [image.reference, image.shown, image.runnable].includes(text)) ?? null;
    const madeHere = local !== null && local.runnable === local.shown;
    if (local !== null && (pull !== "always" || madeHere)) return local;
    if (parseReference(text) === null) throw missing(text, "is not an image reference");
    if (pull === "never") throw missing(text, "is not on the engine, and may not be pulled");
    if (this.registryDown) throw missing(text, "cannot be pulled: the registry cannot be reached: connection refused");
    const published = this.registry.get(text) ?? [...this.registry.values()].find(({ runnable }) => runnable === text);
    if (published === undefined) throw missing(text, "cannot be pulled: the registry has no such image");
    progress(`Digest: ${published.shown}`);
    const taken = { ...published, reference: text };
    this.local.set(text, taken);
    return taken;
  }

  async hasImage(image: ImageIdentity): Promise<boolean> {
    return this.held(image) !== null;
  }

  async restoreImage(image: ImageIdentity): Promise<void> {
    const published = [...this.registry.values()].find((held) => held.runnable === image.runnable);
    if (this.registryDown) throw missing(image.reference, "cannot be pulled: the registry cannot be reached: connection refused");
    if (published === undefined) throw missing(image.reference, "is in no registry");
    this.local.set(image.runnable, { ...published, reference: image.runnable });
  }

  async build(context: NodeJS.ReadableStream, spec: Parameters<Engine["build"]>[1], tag: string): Promise<ImageIdentity> {
    const hash = createHash("sha256").update(JSON.stringify(spec));
    for await (const chunk of context) hash.update(chunk);
    return this.add(tag, hash.digest("hex"));
  }

  async push(image: string, reference: string): Promise<string> {
    const here = this.local.get(image);
    if (here === undefined) throw missing(image, "is not on the engine");
    const parsed = parseReference(reference);
    if (parsed === null || parsed.tag === null) throw new InstarError("INS3037", `${reference} is no name with a tag`);
    if (this.registryDown) throw new InstarError("INS3037", `${reference} was not taken: connection refused`);
    const content = (this.configs.get(here.shown) ?? "").replace(/^config /, "");
    return this.publish(reference, content).shown;
  }
}
