import type { ImageIdentity } from "../spec/types.ts";
import type { RegistrySettings } from "./registry-port.ts";

/** What the engine does with whole images. Raises INS3001, INS3005. */
export interface ImageWork {
  /** How it reaches registries, as `dockerd` was told. */
  registrySettings(): Promise<RegistrySettings>;
  /** The image as `docker save` writes it. Raises INS3004 when it is not there. */
  saveImage(image: ImageIdentity): AsyncIterable<Buffer>;
  /** Takes in what `saveImage` gave; its id is the same again. */
  loadImage(archive: AsyncIterable<Buffer>): Promise<void>;
  /**
   * Takes one name (or id) away from the image, and with its last one the image. `kept`: a container uses it, or the name means
   * another image by now. Never by force.
   */
  removeImage(name: string, image: ImageIdentity): Promise<"removed" | "gone" | "kept">;
}

/** Images that no registry could give back, in `$INSTAR_HOME/images`: one OCI image layout, blobs shared by their digest. */
export interface SavedImages {
  /** Whole, as far as names and lengths of its blobs tell. */
  has(image: ImageIdentity): Promise<boolean>;
  /** On disk when it resolves. Raises INS3031 for an archive that does not hold the image, INS6003 on a full disk. */
  save(image: ImageIdentity, archive: AsyncIterable<Buffer>): Promise<void>;
  /** As an archive that the engine can load. Raises INS2043 where a blob is gone or damaged. */
  open(image: ImageIdentity): AsyncIterable<Buffer>;
  /** Ids (config digests) of all. */
  list(): Promise<readonly string[]>;
  /** Blobs that another image has too stay. Bytes freed. */
  remove(id: string): Promise<number>;
}
