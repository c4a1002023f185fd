import { expect, test } from "vitest";
import { domainsOf, shareLines } from "../../src/cli/shares.ts";

const web = {
  stack: "shop",
  service: "web",
  domains: ["a.test", "b.test"],
  shares: [{ domain: "a.test", weight: 90, share: 9_000, now: 10_000 }],
};
const next = { stack: "shop", service: "next", domains: ["a.test"], shares: [{ domain: "a.test", weight: 10, share: 1_000, now: 0 }] };
const third = { stack: "shop", service: "third", domains: ["c.test"], shares: [{ domain: "c.test", weight: 1, share: 3_333, now: 3_333 }] };

test("a line for each shared domain says who gets how much, and how much now where that differs", () => {
  expect(shareLines([web, next, third], undefined)).toEqual([
    "a.test: shop/web 90 % (now 100 %), shop/next 10 % (now 0 %)",
    "c.test: shop/third 33.33 %",
  ]);
});

test("of one service: its domains, with everybody on them", () => {
  expect(shareLines([web, next, third], "next")).toEqual(["a.test: shop/web 90 % (now 100 %), shop/next 10 % (now 0 %)"]);
  expect(shareLines([{ ...web, shares: [] }], undefined)).toEqual([]);
});

test("among a service's domains a shared one has its part", () => {
  expect(domainsOf(web)).toEqual(["a.test (90 %)", "b.test"]);
});
