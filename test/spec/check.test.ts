import { expect, test } from "vitest";
import { checkStack } from "../../src/spec/check.ts";
import { load, refusal } from "./reading.ts";

const stack = load(`services:
  web: {image: a, ports: ["127.0.0.1:80:80"], volumes: ["v:/v", "./x:/x"], tmpfs: /run, depends_on: [db], x-instar: {domains: [a.b/c], ready: {http: /h}}}
  db: {image: b, ports: ["5432:5432"]}
volumes: {v: }`).spec;

/** A copy with one value changed, at a dotted path. */
function altered(path: string, value: unknown): typeof stack {
  const copy = structuredClone(stack) as unknown as Record<string, unknown>;
  const keys = path.split("/");
  const last = keys.pop() ?? "";
  const target = keys.reduce((here, key) => here[key] as Record<string, unknown>, copy);
  target[last] = value;
  return copy as unknown as typeof stack;
}

test("what a file resolves to passes, also after its way over the wire", () => {
  expect(() => checkStack(stack)).not.toThrow();
  expect(() => checkStack(JSON.parse(JSON.stringify(stack)))).not.toThrow();
});

const web = stack.services["web"];
test.each([
  ["specVersion", 2, "INS1004"],
  ["name", "A", "INS1007"],
  ["name", "a\nb", "INS1007"],
  ["networks/default/name", "a b", "INS1007"],
  ["volumes/v/name", "../x", "INS1007"],
  ["services/a\nb", web, "INS1007"],
  ["services/constructor", web, "INS1007"],
  ["services/Web", web, "INS1007"],
  ["services/other", web, "INS1009"],
  ["services/web/image", "A B", "INS1004"],
  ["services/web/user", "a\n", "INS1004"],
  ["services/web/workingDir", "x", "INS1004"],
  ["services/web/hostname", "a b", "INS1004"],
  ["services/web/environment", { "A=": "1" }, "INS1004"],
  ["services/web/labels", { "dev.instar.stack": "x" }, "INS1004"],
  ["services/web/mounts/0/target", "v", "INS1004"],
  ["services/web/mounts/0/source", "gone", "INS1008"],
  ["services/web/mounts/1/source", "../x", "INS1004"],
  ["services/web/mounts/1/source", "/a:/b", "INS1004"],
  ["services/web/tmpfs/0/target", "/a,b", "INS1004"],
  ["services/web/networks", { gone: { aliases: [] } }, "INS1008"],
  ["services/web/networks/default/aliases", ["a b"], "INS1007"],
  ["services/web/dependsOn/gone", { condition: "service_started", required: true }, "INS1008"],
  ["services/db/dependsOn/web", { condition: "service_started", required: true }, "INS1010"],
  ["services/web/ports/0/hostIp", "a b", "INS1014"],
  ["services/web/ports/0/published", 5432, "INS1009"],
  ["services/web/domains/0/host", "a b", "INS1014"],
  ["services/web/domains/0/path", "/a b", "INS1014"],
  ["services/web/domainPort", null, "INS1004"],
  ["services/web/ready/path", "/a\r\nX: y", "INS1014"],
  ["services/web/holdMs", 2 ** 31, "INS1004"],
])("%j as %j: %s", (path, value, code) => {
  expect(refusal(() => checkStack(altered(path, value)))).toContain(code);
});
