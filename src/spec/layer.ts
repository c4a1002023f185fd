import { applyExtends } from "./extends.ts";
import { applyInclude, type Layer } from "./include.ts";
import { mergeTrees, withoutGaps, withoutResets } from "./merge.ts";
import type { MapNode, Node } from "./node.ts";
import type { Reading } from "./reading.ts";
import { checkSchema } from "./schema.ts";
import { unique } from "./unique.ts";

/**
 * The files of one layer as one tree: variables filled in, checked against the schema, `extends` and `include` carried out, merged in
 * their order. Raises INS1001 to INS1013 and INS1019, with positions.
 */
export function readLayer(reading: Reading, layer: Layer, where: Node | null): MapNode {
  const trees = layer.files.flatMap((file) => reading.filled(file, layer.environment, where).map((tree) => ({ file, tree })));
  let merged: MapNode | null = null;
  let alone = trees.length === 1;
  for (const { file, tree } of trees) {
    const extended = applyExtends(reading, file, layer.folder, layer.environment, tree);
    alone &&= extended === tree && !tree.entries.has("include");
    checkSchema(alone ? withoutResets(tree) : withoutGaps(tree));
    const whole = applyInclude(reading, layer, file, extended, (inner, item) => readLayer(reading, inner, item));
    merged = unique(merged === null ? withoutResets(whole) : mergeTrees(merged, whole), reading.notices);
  }
  if (!alone) checkSchema(merged as MapNode);
  return merged as MapNode;
}
