import type { FakeContainer } from "../sim/fake-container.ts";
import { KEY } from "./service.ts";
import type { Image } from "./story.ts";

/** What somebody wanted to serve from then on, newest last; null: that is not known. */
export class Wishes {
  readonly #images: (Image | null)[] = [];
  /** Those not answered yet when the world ended an instance: the answer may be the deployment that fails for it. */
  readonly #spoilt = new Set<number>();

  get images(): readonly (Image | null)[] {
    return this.#images;
  }

  /** Asked for; its answer may never come. */
  unknown(): number {
    return this.#images.push(null) - 1;
  }

  answered(place: number, wish: Image | null): void {
    if (!this.#spoilt.has(place)) this.#images[place] = wish;
  }

  /** By the world: a deployment that was bringing it in may fail for it, and then its wish is not what serves. */
  ended({ blueprint }: FakeContainer): void {
    const last = this.#images.length - 1;
    const wish = this.#images[last];
    if (wish === null) this.#spoilt.add(last);
    if (blueprint.service !== KEY.service || blueprint.image.reference === wish) this.#images[last] = null;
  }
}
