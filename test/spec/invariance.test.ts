import fc from "fast-check";
import { expect, test } from "vitest";
import { instanceHash, revisionHash } from "../../src/spec/identity.ts";
import { loadStack } from "../../src/spec/load.ts";

/** Hashes and spec depend on what a file means, not on how it is written. */

type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };
type Fields = { readonly [key: string]: Value };

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
const valueText = fc.stringMatching(/^[a-zA-Z0-9 ,.:#'"{}*&!-]{0,12}$/);
const service = fc.record(
  {
    image: word.map((name) => `${name}:1`),
    command: fc.array(valueText, { maxLength: 3 }),
    environment: fc.dictionary(
      word.map((name) => name.toUpperCase()),
      valueText,
      { maxKeys: 5 },
    ),
    labels: fc.dictionary(word, valueText, { maxKeys: 3 }),
    ports: fc.uniqueArray(fc.integer({ min: 1, max: 9999 }), { maxLength: 3 }).map((list) => list.map((port) => `${port}`)),
    volumes: fc.uniqueArray(word, { maxLength: 3 }).map((list) => list.map((name) => `./${name}:/${name}`)),
    cap_add: fc.uniqueArray(fc.constantFrom("CHOWN", "NET_ADMIN", "SYS_TIME"), { maxLength: 3 }),
    restart: fc.constantFrom("always", "no", "unless-stopped"),
    deploy: fc.record({ replicas: fc.integer({ min: 1, max: 9 }) }),
    healthcheck: fc.record({ test: fc.constant(["CMD", "true"]), interval: fc.constantFrom("5s", "1m30s") }),
  },
  { requiredKeys: ["image"] },
);
const stack = fc.dictionary(word, service, { minKeys: 1, maxKeys: 4 });

/** YAML with the keys of every mapping in another order, in block or flow form, with comments between. */
function write(value: Value, dice: () => number, indent = "  "): string {
  if (typeof value !== "object") return ` ${JSON.stringify(value)}\n`;
  const remark = dice() < 0.3 ? `${indent}# ${dice()}: {not: this}\n` : "";
  if (Array.isArray(value)) {
    if (value.length === 0 || dice() < 0.5) return ` ${JSON.stringify(value)}\n`;
    return `\n${(value as readonly Value[]).map((item) => `${remark}${indent}-${write(item, () => 1, `${indent}  `)}`).join("")}`;
  }
  const entries = Object.entries(value as Fields).sort(() => dice() - 0.5);
  if (entries.length === 0) return " {}\n";
  return `\n${entries.map(([key, inner]) => `${remark}${indent}${JSON.stringify(key)}:${write(inner, dice, `${indent}  `)}`).join("")}`;
}

function meaning(files: Readonly<Record<string, string>>, named: readonly string[], env: Readonly<Record<string, string>> = {}): unknown {
  const { spec } = loadStack({ files: named, cwd: "/app", env, readFile: (path) => files[path.replace("/app/", "")] ?? null });
  const image = { reference: "a", digests: ["sha256:1"], runnable: "a", shown: "sha256:1" };
  const hashes = Object.entries(spec.services).map(([name, one]) => [
    name,
    instanceHash(one, image, {}, {}, spec.specVersion),
    revisionHash(one, image, {}, {}, spec.specVersion),
  ]);
  return { hashes, text: JSON.stringify(spec) };
}

const plainly = (services: Value) => meaning({ "a.yaml": `services:${write(services, () => 1)}` }, ["a.yaml"]);
const dice = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));
const rolls = (stream: Iterator<number>) => () => stream.next().value as number;

test("key order, flow and block, comments", () => {
  fc.assert(
    fc.property(stack, dice, (services, stream) => {
      const text = `# first\nservices:${write(services, rolls(stream[Symbol.iterator]()))}`;
      expect(meaning({ "a.yaml": text }, ["a.yaml"])).toEqual(plainly(services));
    }),
    { numRuns: 100 },
  );
});

test("one file or several, by -f and by include", () => {
  fc.assert(
    fc.property(stack, fc.func(fc.boolean()), (services, first) => {
      const parts = (there: boolean): Value =>
        Object.fromEntries(
          Object.entries(services).map(([name, keys]) => [
            name,
            Object.fromEntries(Object.entries(keys).filter(([key]) => first(name, key) === there)) as Fields,
          ]),
        );
      const [one, two] = [parts(true), parts(false)].map((part) => `services:${write(part, () => 1)}`) as [string, string];
      expect(meaning({ "a.yaml": one, "b.yaml": two }, ["a.yaml", "b.yaml"])).toEqual(plainly(services));
      const whole = `services:${write(services, () => 1)}`;
      expect(meaning({ "a.yaml": "include: [b.yaml]", "b.yaml": whole }, ["a.yaml"])).toEqual(plainly(services));
    }),
    { numRuns: 100 },
  );
});

test("a value written out, by a variable, or by its default", () => {
  fc.assert(
    fc.property(stack, dice, (services, stream) => {
      const roll = rolls(stream[Symbol.iterator]());
      const env: Record<string, string> = {};
      const veiled = (value: Value): Value => {
        if (Array.isArray(value)) return value.map(veiled);
        if (typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, veiled(inner)]));
        const text = String(value);
        const name = `V${Object.keys(env).length}`;
        if (roll() < 0.4) {
          env[name] = text;
          return roll() < 0.5 ? `\${${name}}` : `$${name}`;
        }
        return roll() < 0.5 && !/[{}$]/.test(text) ? `\${UNSET:-${text}}` : value;
      };
      const text = `services:${write(veiled(services), () => 1)}`;
      expect(meaning({ "a.yaml": text }, ["a.yaml"], env)).toEqual(plainly(services));
    }),
    { numRuns: 100 },
  );
});
