import { InstarError } from "../../errors.ts";
import { type Environment, interpolateTree, lookUp } from "../interpolate.ts";
import { specOf } from "../load.ts";
import type { MapNode } from "../node.ts";
import { MAX_PORTS } from "../ports.ts";
import { absolutePaths } from "../relative.ts";
import type { Scene } from "../scene.ts";
import { checkSchema } from "../schema.ts";
import type { Notice } from "../types.ts";
import { unique } from "../unique.ts";

export interface Around {
  /** Where the new file will stand. */
  readonly folder: string;
  /** What its variables are filled in with. */
  readonly environment: Environment;
  readonly readFile: (path: string) => string | null;
}

/** What hangs on where the file is read, not on what is in it. */
const ELSEWHERE = new Set(["INS1005", "INS1011"]);

/**
 * Reads the new file as `instar up` would. Its values stand where the old ones stood, so that an error (INS1003 to INS1014) names a place
 * in the old file. Where a variable is not set, or a file is not here, the refusal may be about that alone: it is given back instead.
 */
export function readBack(root: MapNode, { folder, environment, readFile }: Around): InstarError | null {
  const notices: Notice[] = [];
  try {
    const filled = interpolateTree(root, environment, notices);
    checkSchema(filled);
    const scene: Scene = {
      ...{ stack: "import", projectDir: folder, environment, notices, readFile, claims: [], contents: new Map(), portsLeft: MAX_PORTS },
    };
    const placed = absolutePaths(unique(filled, notices), folder, lookUp(environment, "HOME"));
    specOf({ root: placed, scene, profiles: new Set(), notices, sources: [], contents: scene.contents });
    return null;
  } catch (error) {
    if (!(error instanceof InstarError)) throw error;
    if (ELSEWHERE.has(error.code) || notices.some(({ code }) => code === "unset-variable")) return error;
    throw error;
  }
}
