import { isAbsolute, resolve } from "node:path";
import { lookUp } from "./interpolate.ts";
import { isHostPath, show } from "./names.ts";
import { fail, type Node } from "./node.ts";
import type { Scene } from "./scene.ts";

/** A host path as the file writes it (`./x`, `~/x`, `/x`, `x`) → absolute, from the project's folder. Raises INS1004. */
export function hostPath(scene: Scene, path: string, where: Node): string {
  let written = path;
  if (written === "~" || written.startsWith("~/")) {
    const home = lookUp(scene.environment, "HOME");
    if (home === undefined || !isAbsolute(home)) return fail("INS1004", where, `${show(path)} needs HOME, and it is not set`);
    written = home + written.slice(1);
  } else if (written.startsWith("~")) return fail("INS1004", where, `${show(path)} names another user's home`, "write the absolute path");
  const absolute = resolve(scene.projectDir, written);
  return isHostPath(absolute)
    ? absolute
    : fail("INS1004", where, `${show(absolute)} has a colon or a control character, which no mount can carry`);
}
