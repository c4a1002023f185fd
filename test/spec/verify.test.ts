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
});
