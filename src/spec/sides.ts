import { asMap } from "./deploy.ts";
import { domain, show } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import type { ServiceSpec, SidesSpec } from "./types.ts";
import { duration, list, oneOf, optional, text, timer } from "./values.ts";

/** What a strategy that keeps old and new side by side does where the file does not say. */
export const SIDES: Readonly<Record<"blue-green" | "canary", SidesSpec>> = {
  "blue-green": { warmMs: 600_000, promote: "auto", preview: null, steps: [], everyMs: null, size: null, header: null, cookie: null },
  canary: {
    warmMs: 0,
    promote: "auto",
    preview: null,
    steps: [500, 2_500, 5_000],
    everyMs: 60_000,
    size: null,
    header: null,
    cookie: null,
  },
};

const MOST_STEPS = 100;
/** A token of HTTP (RFC 9110, 5.6.2), without what could end a directive of the router. */
const TOKEN = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
export const isToken = (name: string): boolean => TOKEN.test(name);

/**
 * `strategy: canary`, or `strategy: { canary: { steps: [5%, 50%], every: 10m } }`; `sides` only for those that have any. Shares in
 * hundredths of a percent, durations in ms. Raises INS1004, INS1014, and INS1043 with `balance: leastconn`.
 */
export function readStrategy(map: MapNode | null): Pick<ServiceSpec, "strategy" | "sides"> {
  const node = map === null ? null : child(map, "strategy");
  if (node === null) return { strategy: "rolling" };
  const names = node.kind === "map" ? [...node.entries.keys()] : [text(node)];
  const name = (["rolling", "recreate", "blue-green", "canary"] as const).find((one) => one === names[0]);
  if (name === undefined || names.length !== 1)
    return fail("INS1004", node, "names one strategy", "write strategy: rolling, recreate, blue-green or canary");
  if (name === "rolling" || name === "recreate") return { strategy: name };
  const balance = map === null ? null : child(map, "balance");
  if (balance !== null && text(balance) === "leastconn")
    return fail("INS1043", balance, `under leastconn the shares of ${name} would not be kept`);
  const own = asMap(node.kind === "map" ? node : null, name);
  return { strategy: name, sides: name === "canary" ? readCanary(own) : readBlueGreen(own) };
}

function readBlueGreen(map: MapNode | null): SidesSpec {
  const usual = SIDES["blue-green"];
  return {
    ...usual,
    warmMs: optional(map, "warm", timer, usual.warmMs),
    promote: optional(map, "promote", (node) => oneOf(node, ["auto", "manual"]), usual.promote),
    preview: optional(map, "preview", readPreview, null),
  };
}

function readCanary(map: MapNode | null): SidesSpec {
  const usual = SIDES.canary;
  return {
    ...usual,
    warmMs: optional(map, "warm", timer, usual.warmMs),
    preview: optional(map, "preview", readPreview, null),
    steps: optional(map, "steps", readSteps, usual.steps),
    everyMs: optional(map, "every", (node) => (node.kind === "scalar" && node.text === "manual" ? null : duration(node)), usual.everyMs),
    size: optional(map, "size", percent, null),
    header: optional(map, "header", token, null),
    cookie: optional(map, "cookie", token, null),
  };
}

export function readSticky(map: MapNode | null): Pick<ServiceSpec, "sticky"> {
  const node = map === null ? null : child(map, "sticky");
  if (node === null) return {};
  const cookie = node.kind === "map" ? child(node, "cookie") : null;
  return cookie === null
    ? fail("INS1004", node, "names no cookie", "write sticky: { cookie: SRV }")
    : { sticky: { cookie: token(cookie) } };
}

function readSteps(node: Node): readonly number[] {
  const steps = list(node).items.map(percent);
  if (steps.length === 0 || steps.length > MOST_STEPS)
    return fail("INS1004", node, `${steps.length} steps`, `write 1 to ${MOST_STEPS} of them`);
  if (steps.some((share, index) => share <= (steps[index - 1] ?? 0)))
    return fail(
      "INS1004",
      node,
      "the steps do not go up",
      "write them in order: [5%, 25%, 50%]; after the last one everything goes to the new revision",
    );
  return steps;
}

/** `5%`, `0.5%` → hundredths of a percent. */
function percent(node: Node): number {
  const written = text(node).trim();
  const found = /^(\d{1,3}(?:\.\d{1,2})?)\s*%$/.exec(written);
  const share = found === null ? 0 : Math.round(Number(found[1]) * 100);
  return share >= 1 && share <= 10_000
    ? share
    : fail("INS1004", node, `${show(written)} is no share of the requests`, "write it like 5% or 0.5%");
}

function readPreview(node: Node): string {
  const { host, path } = domain(text(node), node);
  return path === null && !host.startsWith("*.")
    ? host
    : fail("INS1014", node, "a preview is one whole host", "write it like preview.shop.example");
}

function token(node: Node): string {
  const name = text(node);
  return isToken(name)
    ? name
    : fail("INS1014", node, `${show(name)} is not the name of a header or cookie`, "use letters, digits, - and _");
}
