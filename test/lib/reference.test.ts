import { describe, expect, test } from "vitest";
import { canonicalName, familiarName, parseReference } from "../../src/lib/reference.ts";

const DIGEST = `sha256:${"0a".repeat(32)}`;

describe("a reference", () => {
  test.each([
    ["nginx", "docker.io", "library/nginx", "latest", null],
    ["nginx:1.27", "docker.io", "library/nginx", "1.27", null],
    ["acme/api", "docker.io", "acme/api", "latest", null],
    ["docker.io/nginx", "docker.io", "library/nginx", "latest", null],
    ["index.docker.io/library/nginx", "docker.io", "library/nginx", "latest", null],
    ["reg:5000/acme/api:16", "reg:5000", "acme/api", "16", null],
    ["reg:5000/api", "reg:5000", "api", "latest", null],
    ["localhost/api:1", "localhost", "api", "1", null],
    ["127.0.0.1:5000/a/b/c:v1.2_3-x", "127.0.0.1:5000", "a/b/c", "v1.2_3-x", null],
    ["[::1]:5000/api", "[::1]:5000", "api", "latest", null],
    ["registry.example/shop/web:1.4", "registry.example", "shop/web", "1.4", null],
    ["Registry.example/web", "Registry.example", "web", "latest", null],
    ["MIRROR/web", "MIRROR", "web", "latest", null],
    [`nginx@${DIGEST}`, "docker.io", "library/nginx", null, DIGEST],
    [`reg:5000/api:16@${DIGEST}`, "reg:5000", "api", "16", DIGEST],
    ["a/b__c/d-e.f--g", "docker.io", "a/b__c/d-e.f--g", "latest", null],
    ["sha256:0a0a", "docker.io", "library/sha256", "0a0a", null],
    [`reg.example/${DIGEST}`, "reg.example", "sha256", "0a".repeat(32), null],
    [`nginx:${"t".repeat(128)}`, "docker.io", "library/nginx", "t".repeat(128), null],
  ])("%s", (text, domain, path, tag, digest) => {
    expect(parseReference(text)).toEqual({ domain, path, tag, digest });
  });

  test.each([
    "",
    ":tag",
    "nginx:",
    "nginx:-tag",
    `nginx:${"t".repeat(129)}`,
    "Nginx",
    "nginx/",
    "/nginx",
    "a//b",
    "a/-b",
    "a/b___c",
    "a/b..c",
    "nginx@sha256:short",
    `nginx@sha512:${"0a".repeat(64)}`,
    `nginx@${DIGEST}@${DIGEST}`,
    `nginx@${DIGEST.toUpperCase()}`,
    "reg:port/api",
    "-reg.example/api",
    "0a".repeat(32),
    DIGEST,
    "a b",
    "nginx?x=1",
    "nginx\n",
    "../etc",
    `${"a/".repeat(130)}b`,
  ])("%j is none", (text) => {
    expect(parseReference(text)).toBeNull();
  });

  test.each([
    ["nginx", "nginx", "docker.io/library/nginx"],
    ["acme/api:1", "acme/api", "docker.io/acme/api"],
    ["reg:5000/acme/api:16", "reg:5000/acme/api", "reg:5000/acme/api"],
  ])("%s is printed as %s", (text, familiar, canonical) => {
    const reference = parseReference(text);
    expect(reference && [familiarName(reference), canonicalName(reference)]).toEqual([familiar, canonical]);
  });
});
