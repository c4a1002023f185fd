import { fail, type Node } from "./node.ts";
import type { FreezeSpec, VolumeSpec } from "./types.ts";
import { duration, mapping, optional, text, texts } from "./values.ts";

const COMMAND_MS = 30_000;
const LIMIT_MS = 600_000;
/** Of a command in all: what the kernel takes in one argument. */
const LONGEST = 128 * 1024;

/** `x-instar.freeze` of a volume. A text is for `/bin/sh -c`, a list is taken as it is. Raises INS1004, and INS1032 for a half of it. */
export function readFreeze(node: Node | null): Pick<VolumeSpec, "freeze"> {
  if (node === null) return {};
  const map = mapping(node);
  const command = optional(map, "command", commandOf, null);
  const thaw = optional(map, "thaw", commandOf, null);
  if (command === null || thaw === null)
    return fail(
      "INS1032",
      node,
      command === null ? "there is no command that freezes" : "there is no command that thaws: what is frozen would stay so",
      "write freeze: { command: [pause-writes], thaw: [resume-writes] }",
    );
  const timeoutMs = optional(map, "timeout", positive, COMMAND_MS);
  const limitMs = optional(map, "limit", positive, LIMIT_MS);
  return { freeze: { command, thaw, timeoutMs, limitMs } };
}

function commandOf(node: Node): readonly string[] {
  if (node.kind !== "list" && text(node).trim() === "") return fail("INS1004", node, "the command is empty");
  const words = node.kind === "list" ? texts(node).map(({ value }) => value) : ["/bin/sh", "-c", text(node)];
  return problemOf(words) === null ? words : fail("INS1004", node, problemOf(words) ?? "");
}

function positive(node: Node): number {
  const ms = duration(node);
  return ms > 0 ? ms : fail("INS1004", node, "this should be longer than nothing", "write 30s");
}

/** Why these words are no command; null when they are one. */
function problemOf(words: readonly string[]): string | null {
  if (words.length === 0 || words[0] === "") return "the command is empty";
  if (words.some((word) => word.includes("\0"))) return "a command cannot hold the sign 0";
  return words.reduce((sum, word) => sum + word.length + 1, 0) > LONGEST ? "the command is too long" : null;
}

/** The same of one that came over the wire; null when nothing is wrong with it. */
export const freezeProblem = ({ command, thaw, timeoutMs, limitMs }: FreezeSpec): string | null =>
  problemOf(command) ?? problemOf(thaw) ?? (timeoutMs > 0 && limitMs > 0 ? null : "its times should be longer than nothing");
