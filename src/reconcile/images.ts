import { InstarError } from "../errors.ts";
import type { ImageIdentity } from "../spec/types.ts";
import type { Clock, Engine } from "./ports.ts";
import type { Store } from "./store.ts";

export interface ImageParts {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * The one way by which an image that a file or a verb names comes to the engine, before anything is touched. What was pulled
 * is noted down as ours to remove. Raises INS3004, INS3009.
 */
export async function obtain(
  { engine, store, clock }: ImageParts,
  reference: string,
  policy: "missing" | "always" | "never",
): Promise<ImageIdentity> {
  let pulled = false;
  const image = await engine.resolveImage(reference, policy, () => {
    pulled = true;
  });
  if (pulled) for (const name of new Set([image.runnable, reference])) await store.putPull(name, clock.now());
  return image;
}

/**
 * The one way by which the image of a stored revision comes back to the engine: it is there, or a registry gives it by its
 * digest. Raises INS2009 with the reason, before anything is touched.
 */
export async function recall({ engine, store, clock }: ImageParts, image: ImageIdentity): Promise<void> {
  if (await engine.hasImage(image)) return;
  try {
    await engine.restoreImage(image);
  } catch (cause) {
    if (!(cause instanceof InstarError) || cause.code !== "INS3004") throw cause;
    throw new InstarError("INS2009", `the image ${image.reference} (${image.shown}) is not on the engine, and ${cause.message}`, { cause });
  }
  await store.putPull(image.runnable, clock.now());
}
