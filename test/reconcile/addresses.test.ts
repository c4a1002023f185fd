import { expect, it } from "vitest";
import { chooseAddress, networkBlock } from "../../src/reconcile/addresses.ts";

it("a stack's /23: the gateway first, 382 instances, a /26 for the router and a /26 for strangers at its end", () => {
  expect(networkBlock("10.209.2.0/23")).toEqual({ subnet: "10.209.2.0/23", gateway: "10.209.2.1", ipRange: "10.209.3.192/26" });
  const taken = new Set<string>();
  for (let n = 0; n < 382; n++) taken.add(chooseAddress("10.209.2.0/23", taken, null));
  expect([taken.has("10.209.2.2"), taken.has("10.209.3.127"), taken.has("10.209.3.128")]).toEqual([true, true, false]);
  expect(() => chooseAddress("10.209.2.0/23", taken, null)).toThrow(/no free address/);
});

it("a larger block has room for more, and the same at its end", () => {
  expect(networkBlock("10.0.8.0/21").ipRange).toBe("10.0.15.192/26");
  const last = "10.0.15.127";
  expect(chooseAddress("10.0.8.0/21", new Set(), "10.0.15.126")).toBe(last);
  expect(chooseAddress("10.0.8.0/21", new Set(), last)).toBe("10.0.8.2");
});

it("an address that was given last rests as long as it can", () => {
  expect(chooseAddress("10.209.2.0/23", new Set(["10.209.2.5"]), "10.209.2.4")).toBe("10.209.2.6");
});
