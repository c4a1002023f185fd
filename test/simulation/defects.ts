import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Story } from "./story.ts";

export interface Defect {
  /** The seed that found it, in the story maker of its day: the story is kept itself. */
  readonly name: string;
  /** What was wrong. */
  readonly was: string;
  readonly story: Story;
}

/** Stories that once showed a defect; told in docs/proof.md. */
export const DEFECTS = JSON.parse(readFileSync(join(import.meta.dirname, "defects.json"), "utf8")) as readonly Defect[];
