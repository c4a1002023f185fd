import fc from "fast-check";
import { expect, test } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { checkStack } from "../../src/spec/check.ts";
import { parseDotenv } from "../../src/spec/dotenv.ts";
import { instanceHash, revisionHash } from "../../src/spec/identity.ts";
import { KEYS } from "../../src/spec/keys.ts";
import { splitWords } from "../../src/spec/words.ts";
import { load } from "./reading.ts";

/** Nothing but a result that the daemon accepts and can hash, or an error of the stack-file range. */
function holds(text: string): boolean {
  try {
    const { spec } = load(text, { env: { A: "1", HOME: "/root" }, files: { ".e": "A=1" } });
    checkStack(spec);
    const image = { reference: "a", digests: ["sha256:1"], runnable: "a", shown: "sha256:1" };
    for (const service of Object.values(spec.services)) {
      instanceHash(service, image, {}, {}, 1);
      revisionHash(service, image, {}, {}, 1);
    }
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
    return true;
  } catch (error) {
    if (error instanceof InstarError && error.code.startsWith("INS1")) return true;
    throw error;
  }
}

const WORDS = [
  "services",
  "web",
  "db",
  "a",
  "1",
  "80:80",
  "80-90:80-90",
  "./x:/x",
  "v:/v",
  "true",
  "null",
  "~",
  "10s",
  "64m",
  "${A}",
  "${B:-x}",
  "${B:?x}",
  "$",
  "$$",
  "*a",
  "&a x",
  "!reset x",
  "!override [a]",
  "<<",
  "[",
  "}",
  "CMD",
  "service_healthy",
  "a.b/c",
  "\u0000",
  "\ud800",
  "ü",
  "__proto__",
  "constructor",
  "-1",
  "1e999",
  "0x",
  "host",
  "|",
  ">",
  "#",
  "'",
  '"',
  "\t",
];
const keys = [...new Set([...KEYS.keys()].flatMap((path) => path.split(".")))].filter((key) => key !== "*");
const scalar = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.string({ maxLength: 20 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const key = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...keys) }, { weight: 1, arbitrary: fc.constantFrom(...WORDS) });
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
  ),
}));

test("random structures under a service", () => {
  const service = fc
    .array(fc.tuple(fc.constantFrom(...keys), value), { maxLength: 4 })
    .map((entries) => ({ image: "a", ...Object.fromEntries(entries) }));
  fc.assert(
    fc.property(service, value, (web, volumes) => holds(JSON.stringify({ services: { web, db: { image: "b" } }, volumes }))),
    { numRuns: 500 },
  );
});

/** The schema lets these through oftener: each key alone, with something that might fit. */
test("random values of one key", () => {
  const one = fc.tuple(
    fc.constantFrom(...[...KEYS.keys()].filter((path) => path.startsWith("services.*.")).map((path) => path.slice(11))),
    value,
  );
  const nest = (path: string, inner: unknown): unknown =>
    path.split(".").reduceRight((below, part) => (part === "*" ? [below] : { [part]: below }), inner);
  fc.assert(
    fc.property(one, ([path, inner]) => holds(JSON.stringify({ services: { web: { image: "a", ...(nest(path, inner) as object) } } }))),
    { numRuns: 1200 },
  );
});

const SEED = `name: shop
services:
  web: &web
    image: "shop/web:\${TAG:-1}"
    ports: ["80:8080", {target: 90, published: "91"}]
    volumes: [data:/data, ./x:/x:ro]
    healthcheck: {test: [CMD, a], interval: 1s}
    depends_on: {db: {condition: service_healthy}}
    deploy: {replicas: 3, resources: {limits: {cpus: "0.5", memory: 64m}}}
    x-instar: {domains: [shop.example], port: 8080, ready: {http: /healthz}}
  db: {<<: *web, image: db, ports: [], depends_on: [], x-instar: {}}
volumes: {data: }
`;

test("a good file with bytes changed", () => {
  const edit = fc.record({
    at: fc.nat(SEED.length),
    remove: fc.nat(6),
    insert: fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 4 })),
  });
  const mutated = fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) => edits.reduce((text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove), SEED));
  expect(holds(SEED)).toBe(true);
  fc.assert(fc.property(mutated, holds), { numRuns: 800 });
});

test("random text, as a file, an env file and a command", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: "binary" }),
        fc.array(fc.constantFrom(...WORDS, " ", "\n", ": ", "- ")).map((parts) => parts.join("")),
      ),
      (text) => {
        splitWords(text);
        try {
          parseDotenv("/e", text, { A: "1" });
        } catch (error) {
          if (!(error instanceof InstarError)) throw error;
        }
        return holds(text);
      },
    ),
    { numRuns: 500 },
  );
});

test("interpolated values of any content stay values", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }).filter((text) => text.isWellFormed() && !text.includes("\0")),
      (text) => {
        const { spec } = load('services: {web: {image: a, environment: {V: "$V"}, command: ["$V"]}}', { env: { V: text } });
        return spec.services["web"]?.environment["V"] === text && spec.services["web"]?.command?.[0] === text;
      },
    ),
    { numRuns: 300 },
  );
});
