import { expect, it } from "vitest";
import { faultIn, isWrongAnswer, notJson } from "./wrong-answer.ts";

const ASKED = { n: 7, method: "POST", body: "seven" };
const RIGHT = { app: "shop/web", n: "7", method: "POST", body: "seven", proven: true, instance: "one", version: "v1" };
const HOW = { app: "shop/web", proven: true };

it.each([
  ["another service", faultIn({ ...RIGHT, app: "shop/api" }, ASKED, HOW)],
  ["another request", faultIn({ ...RIGHT, n: "8" }, ASKED, HOW)],
  ["another body", faultIn({ ...RIGHT, body: "eight" }, ASKED, HOW)],
  ["one that was never ready", faultIn({ ...RIGHT, proven: false }, ASKED, HOW)],
  ["no answer of the application", notJson("<html>")],
])("an answer of %s is wrong", (_what, error) => {
  expect(isWrongAnswer(error ?? "")).toBe(true);
});

it.each([
  "ECONNRESET: socket hang up",
  "answer cut: ECONNRESET: aborted",
  "status 503: no instance is ready",
  "Error: no answer within 60000 ms",
])("%s is lost, not wrong", (error) => {
  expect(isWrongAnswer(error)).toBe(false);
});

it("the right answer has no fault", () => {
  expect(faultIn(RIGHT, ASKED, HOW)).toBeNull();
});
