import type { Node } from "../node.ts";
import type { OldService } from "./types.ts";
import { hasVariable, textOf } from "./values.ts";

/** null where the key is not given. */
export function wordOf(service: OldService, key: string): string | null {
  const node = service.keys.get(key)?.value;
  return node === undefined ? null : textOf(node);
}

/** The items of a list, or the one value. */
export const itemsOf = (node: Node | null | undefined): readonly Node[] => {
  if (node === null || node === undefined) return [];
  return node.kind === "list" ? node.items : [node];
};

/** null: a variable decides. */
export function replicasOf(service: OldService): number | null {
  const written = wordOf(service, "target_num_containers");
  if (written === null || wordOf(service, "deployment_strategy") === "every_node") return 1;
  return hasVariable(written) ? null : Number(written);
}
