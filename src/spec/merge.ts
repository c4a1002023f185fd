import type { MapNode } from "./node.ts";

export function mergeFiles(trees: readonly MapNode[]): MapNode {
  return trees.at(-1) as MapNode;
}
