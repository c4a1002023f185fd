import { expect, test } from "vitest";
import { diffSpecs } from "../../src/spec/diff.ts";
import { instanceHash, revisionHash } from "../../src/spec/identity.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { load, notices } from "./reading.ts";

const file = (keys: string) => `secrets:
  password: {file: ./pw}
  token: {environment: TOKEN}
  shared: {external: true, name: shared-1}
  unused: {file: ./x}
configs:
  app: {content: "greeting = \${WORD}"}
services:
  web:
    image: a
    ${keys}
`;
const around = { env: { TOKEN: "t0ken", WORD: "hello" } };
const files = (keys: string) => load(file(keys), around).spec.services["web"]?.files;
const given = { external: null, uid: null, gid: null, mode: null, version: null };

test("the short form: secrets under /run/secrets, configs at the root", () => {
  expect(files("secrets: [password, shared]\n    configs: [app]")).toEqual([
    { ...given, kind: "config", key: "app", target: "/app" },
    { ...given, kind: "secret", key: "password", target: "/run/secrets/password" },
    { ...given, kind: "secret", key: "shared", external: "shared-1", target: "/run/secrets/shared" },
  ]);
});

test("the long form: target, owner and mode", () => {
  expect(
    files(
      "secrets: [{source: password, target: db, uid: '103', gid: '104', mode: 0440}, {source: token, target: /etc/token}]\n    configs: [{source: app, target: etc/app.conf, mode: '0400'}]",
    ),
  ).toEqual([
    { ...given, kind: "config", key: "app", target: "/etc/app.conf", mode: 0o400 },
    { ...given, kind: "secret", key: "token", target: "/etc/token" },
    { ...given, kind: "secret", key: "password", target: "/run/secrets/db", uid: 103, gid: 104, mode: 0o440 },
  ]);
});

test("contents stand beside the spec, only those that are used, and never in it", () => {
  const { spec, contents } = load(file("secrets: [password, token, shared]\n    configs: [app]"), around);
  expect([...contents].map(([name, { from }]) => [name, from])).toEqual([
    ["secret:password", { kind: "file", path: "/app/pw" }],
    ["secret:token", { kind: "text", text: "t0ken" }],
    ["config:app", { kind: "text", text: "greeting = hello" }],
  ]);
  expect(JSON.stringify(spec)).not.toMatch(/t0ken|hello/);
  expect(contents.get("secret:token")?.where).toMatchObject({ path: "secrets.token", at: { line: 3 } });
});

test("one that no service uses is named, and its content not gathered", () => {
  expect(notices(file("secrets: [password, token, shared]\n    configs: [app]"), around)).toEqual([
    "unused 5:3 secrets.unused: no service uses this secret: it is not made",
  ]);
});

test("a service without them has no such key", () => {
  expect(load("services: {web: {image: a, secrets: []}}").spec.services["web"]).not.toHaveProperty("files");
});

const service = (version: string, more: object = {}): ServiceSpec => {
  const spec = load(file("secrets: [password]"), around).spec.services["web"];
  if (spec === undefined) throw new Error("no service web");
  return { ...spec, files: (spec.files ?? []).map((one) => ({ ...one, mode: 0o444, version: version.repeat(64), ...more })) };
};

test("another content, place, owner or mode replaces; another key or source of the same file does not", () => {
  const image = { reference: "a", digests: [], runnable: "a", shown: "sha256:a" };
  const hash = (spec: ServiceSpec) => instanceHash(spec, image, {}, {}, 1);
  const base = hash(service("a"));
  for (const other of [service("b"), ...[{ target: "/x" }, { uid: 1 }, { gid: 1 }, { mode: 0o400 }].map((more) => service("a", more))])
    expect(hash(other)).not.toBe(base);
  for (const same of [{ key: "renamed" }, { external: "moved" }, { kind: "config" }]) expect(hash(service("a", same))).toBe(base);
  expect(revisionHash(service("a", { key: "renamed" }), image, {}, {}, 1)).not.toBe(revisionHash(service("a"), image, {}, {}, 1));
});

test("a difference shows versions", () => {
  expect(diffSpecs(service("a"), service("b", { uid: 3 }))).toEqual([
    {
      path: "secrets./run/secrets/password",
      before: "password version aaaaaaaaaaaa, mode 444",
      after: "password version bbbbbbbbbbbb, mode 444, uid 3",
      replaces: true,
    },
  ]);
});
