import { child, fail, type MapNode, type Node } from "./node.ts";
import type { HealthcheckSpec, RestartSpec } from "./types.ts";
import { boolean, duration, integer, oneOf, optional, text, texts } from "./values.ts";

/**
 * Durations in ms. Without `test` the image's own command stays and a 0 means the image's own value; with it the engine's defaults
 * are spelt out: 30 s, 30 s, 3 retries.
 */
export function readHealthcheck(node: MapNode): HealthcheckSpec {
  const written = child(node, "test");
  const test = written === null ? [] : testOf(written);
  const disable = optional(node, "disable", boolean, false) || test[0] === "NONE";
  if (disable) return { disable, test: [], intervalMs: 0, timeoutMs: 0, retries: 0, startPeriodMs: 0, startIntervalMs: null };
  const inherits = test.length === 0;
  return {
    disable,
    test,
    intervalMs: optional(node, "interval", duration, inherits ? 0 : 30_000),
    timeoutMs: optional(node, "timeout", duration, inherits ? 0 : 30_000),
    retries: optional(node, "retries", (value) => integer(value, 0, 1_000_000), inherits ? 0 : 3),
    startPeriodMs: optional(node, "start_period", duration, 0),
    startIntervalMs: optional(node, "start_interval", duration, null),
  };
}

function testOf(node: Node): readonly string[] {
  const words = texts(node).map(({ value }) => value);
  if (node.kind !== "list") return ["CMD-SHELL", ...words];
  const [form] = words;
  if (form === undefined) return [];
  if (form === "NONE") return ["NONE"];
  if (form === "CMD" || form === "CMD-SHELL") return words.length > 1 ? words : fail("INS1004", node, `${form} needs a command after it`);
  return fail("INS1004", node, "a test in list form begins with CMD, CMD-SHELL or NONE", `write ["CMD", ${JSON.stringify(form)}, …]`);
}

/** `restart` and, over it, `deploy.restart_policy`; null when neither is given. */
export function readRestart(service: MapNode, deploy: MapNode | null): RestartSpec | null {
  const policy = deploy === null ? null : child(deploy, "restart_policy");
  if (policy?.kind === "map") {
    const condition = optional(policy, "condition", (value) => oneOf(value, ["none", "on-failure", "any"]), "any");
    const maxAttempts = optional(policy, "max_attempts", (value) => integer(value, 0, 1_000_000), 0);
    if (condition === "on-failure") return { policy: "on-failure", maxAttempts };
    if (maxAttempts > 0) return fail("INS1004", policy, "max_attempts counts failures: it goes with condition: on-failure");
    return { policy: condition === "none" ? "no" : "always", maxAttempts: 0 };
  }
  const node = child(service, "restart");
  if (node === null) return null;
  const written = text(node);
  const match = /^on-failure(?::(\d{1,6}))?$/.exec(written);
  if (match !== null) return { policy: "on-failure", maxAttempts: Number(match[1] ?? 0) };
  return { policy: oneOf(node, ["no", "always", "unless-stopped", "on-failure"]), maxAttempts: 0 };
}
