import { applyExtends } from "./extends.ts";
import { applyInclude, type Layer } from "./include.ts";
import { mergeTrees, withoutResets } from "./merge.ts";
import type { MapNode, Node } from "./node.ts";
import type { Reading } from "./reading.ts";
import { checkSchema } from "./schema.ts";
import { unique } from "./unique.ts";

/**
 * The files of one layer as one tree: variables filled in, checked against the schema, `extends` and `include` carried out, merged in
 * their order. Raises INS1001 to INS1013 and INS1019, with positions.
 */
export function readLayer(reading: Reading, layer: Layer, where: Node | null): MapNode {
  let merged: MapNode | null = null;
  let count = 0;
  for (const file of layer.files) {
    for (const tree of reading.filled(file, layer.environment, where)) {
      checkSchema(withoutResets(tree));
      const extended = applyExtends(reading, file, layer.folder, layer.environment, tree);
      const whole = applyInclude(reading, layer, file, extended, (inner, item) => readLayer(reading, inner, item));
      merged = unique(merged === null ? withoutResets(whole) : mergeTrees(merged, whole), reading.notices);
      count += whole === tree ? 1 : 2;
    }
  }
  // A single file has been checked as it stands.
  if (count > 1) checkSchema(merged as MapNode);
  return merged as MapNode;
}
