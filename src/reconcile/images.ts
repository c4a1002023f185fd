import { InstarError } from "../errors.ts";
import type { ImageIdentity } from "../spec/types.ts";
import type { SavedImages } from "./image-port.ts";
import { madeHere } from "./keepsakes.ts";
import type { Clock, Engine } from "./ports.ts";
import type { Store } from "./store.ts";

export interface ImageParts {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: Clock;
  readonly saved: SavedImages;
}

/**
 * The one way by which an image that a file or a verb names comes to the engine, before anything is touched. What was pulled
 * is noted down as ours to remove. Raises INS3004, INS3009.
 */
export async function obtain(
  { engine, store, clock }: Pick<ImageParts, "engine" | "store" | "clock">,
  reference: string,
  policy: "missing" | "always" | "never",
): Promise<ImageIdentity> {
  let pulling: Promise<unknown> | null = null;
  const begun = clock.now();
  const begin = (): void => {
    pulling ??= store.addEvent(clock.now(), { kind: "image.pulling", message: `${reference} is being pulled` });
  };
  const image = await resolved(engine.resolveImage(reference, policy, begin), () => pulling);
  if (pulling === null) return image;
  for (const name of new Set([image.runnable, reference])) await store.putPull(name, clock.now());
  const seconds = ((clock.now() - begun) / 1000).toFixed(1);
  await store.addEvent(clock.now(), { kind: "image.pulled", message: `${reference} was pulled in ${seconds} s: ${image.shown}` });
  return image;
}

/**
 * The one way by which the image of a stored revision comes back to the engine: it is there, or the saved one is loaded, or a
 * registry gives it by its digest. Raises INS2009 with the reason, before anything is touched.
 */
export async function recall({ engine, store, clock, saved }: ImageParts, image: ImageIdentity): Promise<void> {
  if (await engine.hasImage(image)) return;
  if (await saved.has(image)) {
    await engine.loadImage(saved.open(image));
    if (await engine.hasImage(image)) {
      // It is here because of us: prune may let it go again.
      await store.putPull(image.runnable, clock.now());
      await store.addEvent(clock.now(), {
        kind: "image.loaded",
        message: `${image.reference} (${image.shown}) was loaded from INSTAR_HOME/images`,
      });
      return;
    }
  }
  if (madeHere(image))
    throw new InstarError(
      "INS2009",
      `the image ${image.reference} (${image.shown}) was made here, and is neither on the engine nor saved`,
      {
        hint: "build it again, or deploy another revision; instar images shows which can be had",
      },
    );
  try {
    await engine.restoreImage(image);
  } catch (cause) {
    if (!(cause instanceof InstarError) || cause.code !== "INS3004") throw cause;
    throw new InstarError("INS2009", `the image of this revision is not on the engine, and ${cause.message}; nothing was touched`, {
      ...{ cause, hint: cause.hint },
    });
  }
  await store.putPull(image.runnable, clock.now());
  await store.addEvent(clock.now(), { kind: "image.pulled", message: `${image.runnable} was pulled again` });
}

/** With what was begun meanwhile ended too, however the first ends. */
async function resolved<T>(first: Promise<T>, second: () => Promise<unknown> | null): Promise<T> {
  try {
    return await first;
  } finally {
    await second();
  }
}
