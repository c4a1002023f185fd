import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkStack } from "../../src/spec/check.ts";
import { INSTANCE_KEYS } from "../../src/spec/identity.ts";
import { load } from "./reading.ts";

const pem = (key: KeyObject): string => String(key.export({ type: "spki", format: "pem" }));
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = (modulusLength: number) => pem(generateKeyPairSync("rsa", { modulusLength }).publicKey);
const KEY = pem(ec.publicKey);
const OTHER = pem(generateKeyPairSync("ed25519").publicKey);
const files = { "/app/keys/release.pub": KEY, "/app/keys/other.pub": OTHER };
const one = (verify: string) => `services:\n  web:\n    image: a\n    x-instar: { verify: ${verify} }\n`;
const verifyOf = (text: string, more: Record<string, string> = {}) =>
  load(text, { files: { ...files, ...more } }).spec.services["web"]?.verify;

describe("x-instar.verify", () => {
  test("the key's content is in the spec, read from the file's folder, and not in what a container is made of", () => {
    expect(verifyOf(one("{ cosign: keys/release.pub }"))).toEqual({ cosign: KEY });
    expect(INSTANCE_KEYS).not.toContain("verify");
    expect(verifyOf("services:\n  web: { image: a }\n")).toBeUndefined();
  });

  test("how the file is written makes no difference", () => {
    const wide = KEY.replaceAll("\n", "\r\n");
    expect(verifyOf(one("{ cosign: keys/wide.pub }"), { "/app/keys/wide.pub": `\n${wide}\n\n` })).toEqual({ cosign: KEY });
    const inline = `services:\n  web:\n    image: a\n    x-instar:\n      verify:\n        cosign: |\n${KEY.replace(/^/gm, "          ")}\n`;
    expect(verifyOf(inline)).toEqual({ cosign: KEY });
  });

  test("the stack's is every service's, unless it has its own or says off", () => {
    const text = `x-instar: { verify: { cosign: keys/release.pub } }
services:
  web: { image: a }
  own: { image: a, x-instar: { verify: { cosign: keys/other.pub } } }
  off: { image: a, x-instar: { verify: off } }
`;
    const { services } = load(text, { files }).spec;
    expect([services["web"]?.verify, services["own"]?.verify, services["off"]?.verify]).toEqual([
      { cosign: KEY },
      { cosign: OTHER },
      undefined,
    ]);
  });

  test.each([
    ["a file that is not there", one("{ cosign: keys/none.pub }"), "INS1040", /none\.pub does not exist/],
    ["no key", one("{ }"), "INS1004", /names no key/],
    ["a word", one("please"), "INS1004", /no way to verify/],
  ])("%s is refused with its place", (_case, text, code, words) => {
    expect(() => load(text, { files })).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(words), at: expect.objectContaining({ line: 4 }) }),
    );
  });

  test.each([
    ["a private key", String(ec.privateKey.export({ type: "pkcs8", format: "pem" })), /private key/],
    ["a short RSA key", rsa(1024), /rsa of 1024 bits/],
    ["another curve", pem(generateKeyPairSync("ec", { namedCurve: "secp521r1" }).publicKey), /ec on secp521r1/],
    ["a key for something else", pem(generateKeyPairSync("x25519").publicKey), /x25519/],
    ["a certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", /no PEM of a public key/],
    ["garbage", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n", /cannot be read/],
  ])("%s is no key, from a file and over the wire", (_case, content, words) => {
    expect(() => load(one("{ cosign: keys/k.pub }"), { files: { ...files, "/app/keys/k.pub": content } })).toThrow(
      expect.objectContaining({ code: "INS1041", message: expect.stringMatching(words) }),
    );
    const { spec } = load(one("{ cosign: keys/release.pub }"), { files });
    const web = spec.services["web"];
    if (web === undefined) throw new Error("there is no web");
    expect(() => checkStack({ ...spec, services: { web: { ...web, verify: { cosign: content } } } })).toThrow(
      expect.objectContaining({ code: "INS1041", message: expect.stringMatching(words) }),
    );
  });

  test("RSA from 2048 bits and Ed25519 are taken", () => {
    for (const key of [rsa(2048), OTHER])
      expect(verifyOf(one("{ cosign: keys/k.pub }"), { "/app/keys/k.pub": key })).toEqual({ cosign: key });
  });

  test("a path of another folder's file starts there", () => {
    const base = "services:\n  base:\n    image: a\n    x-instar: { verify: { cosign: k.pub } }\n";
    const text = "services:\n  web: { extends: { file: other/base.yaml, service: base } }\n";
    expect(verifyOf(text, { "/app/other/base.yaml": base, "/app/other/k.pub": OTHER })).toEqual({ cosign: OTHER });
  });

  test.each<readonly [over: string, key: string | undefined]>([
    ["verify: { cosign: keys/other.pub }", OTHER],
    ["verify: off", undefined],
    ["verify: false", undefined],
    ["verify: !reset null", undefined],
    ["verify:", KEY],
  ])("a later file's %s, of the stack and of a service; one that says nothing takes nothing away", (over, key) => {
    const base = (written: string) =>
      `x-instar: { ${written} }\nservices:\n  web: { image: a, x-instar: { ${written} } }\n  db: { image: a }\n`;
    const more = { files: ["1.yaml", "2.yaml"] };
    const two = { "1.yaml": base("verify: { cosign: keys/release.pub }"), "2.yaml": base(over) };
    const { services } = load("", { files: { ...files, ...two }, more }).spec;
    expect([services["web"]?.verify?.cosign, services["db"]?.verify?.cosign]).toEqual([key, key]);
  });

  describe("of an included stack", () => {
    const services = "services:\n  db: { image: a }\n  own: { image: a, x-instar: { keep: 1, verify: { cosign: other.pub } } }\n";
    const included = (stack: string, outer = "", more: Record<string, string> = {}) =>
      load(`include: [sub/c.yaml]\n${outer}`, {
        files: { ...files, "/app/sub/c.yaml": `${stack}${services}`, "/app/sub/k.pub": KEY, "/app/sub/other.pub": OTHER, ...more },
      }).spec;
    const keys = (spec: ReturnType<typeof included>) =>
      Object.fromEntries(Object.entries(spec.services).map(([name, { verify }]) => [name, verify?.cosign]));
    const OUTER = "x-instar: { verify: { cosign: keys/other.pub } }\nservices:\n  web: { image: a }\n";
    const STACK = "x-instar: { verify: { cosign: k.pub } }\n";

    test("it goes with its services, the key read from its own folder, and with no other", () => {
      expect(keys(included(STACK))).toEqual({ db: KEY, own: OTHER });
      expect(keys(included(STACK, "services:\n  web: { image: a }\n"))).toEqual({ db: KEY, own: OTHER, web: undefined });
      expect(keys(included(STACK, OUTER))).toEqual({ db: KEY, own: OTHER, web: OTHER });
      expect(included(STACK).services["own"]?.keep).toBe(1);
    });

    test("off is said of its services, and saying nothing leaves them to the including stack", () => {
      expect(keys(included("x-instar: { verify: off }\n", OUTER))).toEqual({ db: undefined, own: OTHER, web: OTHER });
      expect(keys(included("", OUTER))).toEqual({ db: OTHER, own: OTHER, web: OTHER });
    });

    test("the nearest of several that include each other, and a later file can say another", () => {
      const inner = { "/app/sub/d/d.yaml": "services:\n  deep: { image: a }\n" };
      const stack = `include: [d/d.yaml]\n${STACK}`;
      expect(keys(included(stack, OUTER, inner))["deep"]).toBe(KEY);
      const own = { "/app/sub/d/d.yaml": "x-instar: { verify: { cosign: ../other.pub } }\nservices:\n  deep: { image: a }\n" };
      expect(keys(included(stack, OUTER, own))["deep"]).toBe(OTHER);
      const over = { "/app/over.yaml": "services:\n  db: { x-instar: { verify: off } }\n" };
      const text = { "/app/c.yaml": "include: [sub/c.yaml]\n", "/app/sub/c.yaml": `${STACK}${services}` };
      const more = { files: ["c.yaml", "over.yaml"] };
      const keyFiles = { "/app/sub/k.pub": KEY, "/app/sub/other.pub": OTHER };
      expect(keys(load("", { files: { ...text, ...over, ...keyFiles }, more }).spec)).toEqual({ db: undefined, own: OTHER });
    });

    test("a key that is not there is refused with its place in the included file", () => {
      expect(() => included("x-instar: { verify: { cosign: none.pub } }\n")).toThrow(
        expect.objectContaining({ code: "INS1040", at: { file: "/app/sub/c.yaml", line: 1, column: 31 } }),
      );
    });
  });
});
