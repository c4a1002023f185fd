import { describe, expect, it } from "vitest";
import { choosePushed, type Delivery, type Pushed } from "../../src/plan/deliveries.ts";

const DIGEST = `sha256:${"4f".repeat(32)}`;
const WEB = "reg.example/shop/web";
const push = (tag: string | null, repository = WEB, digest: string | null = DIGEST): Pushed => ({
  repositories: [repository],
  tag,
  digest,
  id: null,
});
const told = (...pushed: Pushed[]): Delivery => ({ form: "distribution", pushed, about: "it tells of pull", shared: true, callback: null });
const service = (tag: string | null, anyTag = false) => ({ repository: WEB, tag, anyTag });

describe("which push is the service's", () => {
  it.each([
    ["its tag", told(push("1.4")), service("1.4"), { kind: "deploy", pushed: { tag: "1.4" } }],
    ["its tag among those of others", told(push("1.4"), push("1.4", "reg.example/shop/api")), service("1.4"), { kind: "deploy" }],
    ["the last of several", told(push("1.4", WEB, null), push("1.4")), service("1.4"), { kind: "deploy", pushed: { digest: DIGEST } }],
    [
      "a signature: look again",
      told(push(`sha256-${"4f".repeat(32)}.sig`)),
      service("1.4", true),
      { kind: "deploy", pushed: { tag: "1.4", digest: null } },
    ],
    ["a signature without an ending", told(push(`sha256-${"4f".repeat(32)}`)), service("1.4"), { kind: "deploy", pushed: { tag: "1.4" } }],
    ["what only begins like a signature", told(push(`sha256-${"4f".repeat(32)}.sigs`)), service("1.4"), { kind: "other" }],
    ["what only ends like one", told(push(`xsha256-${"4f".repeat(32)}`)), service("1.4"), { kind: "other" }],
    ["a signature, held at a digest", told(push(`sha256-${"4f".repeat(32)}.sig`)), service(null), { kind: "other" }],
    ["a digest on purpose", told(push(null)), service("1.4"), { kind: "deploy", pushed: { tag: null } }],
    ["a digest, held at one", told(push(null)), service(null), { kind: "deploy" }],
    ["another tag, where any will do", told(push("1.5")), service("1.4", true), { kind: "deploy", pushed: { tag: "1.5" } }],
    [
      "another tag",
      told(push("1.5")),
      service("1.4"),
      { kind: "other", reason: "it is about the tag 1.5, and the service follows the tag 1.4" },
    ],
    ["a tag, held at a digest", told(push("1.4")), service(null), { kind: "other", reason: expect.stringContaining("held at a digest") }],
    [
      "another image",
      told(push("1.4", "reg.example/shop/web2")),
      service("1.4", true),
      { kind: "other", reason: `it is about reg.example/shop/web2, and the service runs ${WEB}` },
    ],
    ["the same name elsewhere", told(push("1.4", "evil.example/shop/web")), service("1.4"), { kind: "other" }],
    ["nothing pushed", told(), service("1.4"), { kind: "nothing", reason: "it tells of pull" }],
  ] as const)("%s", (_name, delivery, followed, choice) => {
    expect(choosePushed(delivery, followed)).toMatchObject(choice);
  });

  it("a registry known by two hosts is one", () => {
    const both = { repositories: ["127.0.0.1:5000/shop/web", WEB], tag: "1.4", digest: null, id: null };
    expect(choosePushed(told(both), service("1.4"))).toMatchObject({ kind: "deploy" });
  });

  it("names three of many", () => {
    const three = ["a", "b", "c"].map((name) => push("1", `reg.example/${name}`));
    expect(choosePushed(told(...three), service("1"))).toMatchObject({ reason: expect.stringContaining("reg.example/c, and the") });
    const many = ["a", "b", "c", "d", "e"].map((name) => push("1", `reg.example/${name}`));
    expect(choosePushed(told(...many), service("1"))).toMatchObject({ reason: expect.stringContaining("reg.example/c and 2 more") });
  });
});
