import { type TagRule, tagRuleFault } from "../lib/tag-choice.ts";
import { show } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import type { AutoredeploySpec, ServiceSpec } from "./types.ts";
import { boolean, duration, integer, mapping, optional, text } from "./values.ts";

const EVERY_MS = 60_000;
const LEAST_EVERY_MS = 1000;
const LONGEST_MS = 31 * 24 * 3_600_000;
const FORM = "write tags: same-tag, tags: 1.4.*, tags: /1\\.4\\.\\d+/, or semver: ~1.4";

/** `autoredeploy` and `keep` of `x-instar`; absent keys stay absent. Raises INS1004, INS1037 (a pattern), INS1038 (a window). */
export function readRegistryKeys(map: MapNode | null): Pick<ServiceSpec, "autoredeploy" | "keep"> {
  const node = map === null ? null : child(map, "autoredeploy");
  const autoredeploy = node === null ? null : readAutoredeploy(node);
  const keep = optional(map, "keep", (value) => integer(value, 0, 1000), null);
  return { ...(autoredeploy === null ? {} : { autoredeploy }), ...(keep === null ? {} : { keep }) };
}

function readAutoredeploy(node: Node): AutoredeploySpec | null {
  if (node.kind === "scalar") {
    const word = text(node);
    if (word === "same-tag") return { tags: { kind: "same-tag" }, ...DEFAULTS };
    return boolean(node) ? { tags: { kind: "same-tag" }, ...DEFAULTS } : null;
  }
  const map = mapping(node);
  return {
    tags: readRule(map),
    everyMs: optional(map, "every", (value) => bounded(value, LEAST_EVERY_MS), EVERY_MS),
    minAgeMs: optional(map, "min_age", (value) => bounded(value, 0), 0),
    approve: optional(map, "approve", boolean, false),
    window: optional(map, "window", readWindow, null),
  };
}

const DEFAULTS = { everyMs: EVERY_MS, minAgeMs: 0, approve: false, window: null } as const;

function readRule(map: MapNode): TagRule {
  const [tags, semver] = [child(map, "tags"), child(map, "semver")];
  if (tags !== null && semver !== null) return fail("INS1004", semver, "tags and semver say the same in two ways", "keep one of the two");
  const node = semver ?? tags;
  if (node === null) return { kind: "same-tag" };
  const rule = semver === null ? ruleOf(node) : { kind: "semver" as const, range: text(semver) };
  const fault = tagRuleFault(rule);
  return fault === null ? rule : fail("INS1037", node, `${show(rule.kind === "semver" ? rule.range : text(node))} ${fault}`, FORM);
}

function ruleOf(node: Node): TagRule {
  if (node.kind === "map") {
    const range = child(node, "semver");
    return range === null ? fail("INS1004", node, "names no tags", FORM) : { kind: "semver", range: text(range) };
  }
  const word = text(node);
  if (word === "same-tag") return { kind: "same-tag" };
  const pattern = /^\/(.*)\/$/.exec(word)?.[1];
  return pattern === undefined ? { kind: "glob", pattern: word } : { kind: "regex", pattern };
}

function bounded(node: Node, least: number): number {
  const ms = duration(node);
  if (ms < least) return fail("INS1004", node, `is shorter than ${least / 1000} s`, "ask less often; a registry can also tell by itself");
  return ms <= LONGEST_MS ? ms : fail("INS1004", node, "is longer than 31 days");
}

/** `02:00-04:00`; 24:00 is the end of the day. */
function readWindow(node: Node): NonNullable<AutoredeploySpec["window"]> {
  const match = /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/.exec(text(node));
  const [fromHour, fromMin, toHour, toMin] = (match ?? []).slice(1).map(Number);
  const [fromMinute, toMinute] = [(fromHour ?? 99) * 60 + (fromMin ?? 0), (toHour ?? 99) * 60 + (toMin ?? 0)];
  const good =
    match !== null && (fromMin ?? 0) < 60 && (toMin ?? 0) < 60 && fromMinute < 1440 && toMinute <= 1440 && fromMinute !== toMinute;
  return good
    ? { fromMinute, toMinute: toMinute === 1440 ? 0 : toMinute }
    : fail("INS1038", node, `${show(text(node))} is no daily window`, 'write it as "02:00-04:00", in the daemon\'s time zone');
}
