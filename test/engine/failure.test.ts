import { describe, expect, test } from "vitest";
import { codeForWords, failureOf, orMissing, refused } from "../../src/engine/docker/failure.ts";
import { InstarError } from "../../src/errors.ts";

describe("the engine's words", () => {
  test.each([
    [
      "driver failed programming external connectivity on endpoint x (y): Bind for 127.0.0.1:80 failed: port is already allocated",
      "INS4001",
    ],
    ["Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use", "INS4001"],
    ["Address already in use", "INS3005"],
    ['invalid mount config for type "bind": bind source path does not exist: /x', "INS1015"],
    ['error mounting "/x" to rootfs at "/y": mount /x:/y: no such file or directory', "INS1015"],
    ["write /var/lib/docker/tmp/x: no space left on device", "INS3009"],
    ["mkdir /var/lib/docker/overlay2/x: disk quota exceeded", "INS3009"],
    ["conflict: unable to remove", "INS3005"],
  ])("%s → %s", (words, code) => {
    expect(codeForWords(words)).toBe(code);
  });
});

const thrown = (more: object, message = "boom"): Error => Object.assign(new Error(message), more);

test.each(["ECONNREFUSED", "ENOENT", "ECONNRESET", "EPIPE", "EACCES"])("%s: nobody answers", (code) => {
  expect(failureOf(thrown({ code }), "GET /info")).toMatchObject({ code: "INS3001", row: { retryable: true } });
});

test("a connection that ended in the middle is an engine that went away", () => {
  expect(failureOf(thrown({}, "socket hang up"), "GET /info")).toMatchObject({ code: "INS3001" });
});

test("an answer keeps its status and its words, and loses the client's frame around them", () => {
  const answer = thrown({ statusCode: 409, json: { message: "name is taken" } }, "(HTTP code 409) unexpected - name is taken ");
  const failure = failureOf(answer, "POST /containers/create");
  expect(failure).toMatchObject({ code: "INS3005", message: "the engine refused: name is taken" });
  expect(refused(failure, 409)).toBe(true);
  expect(refused(failure, 404)).toBe(false);
  const streamed = failureOf(thrown({ statusCode: 404 }, "(HTTP code 404) unexpected - manifest unknown "), "POST /images/create");
  expect(streamed.message).toBe("the engine refused: manifest unknown");
});

test("errors of the catalogue and aborts pass as they are", () => {
  const known = new InstarError("INS3004", "x");
  expect(failureOf(known, "x")).toBe(known);
  const aborted = thrown({ name: "AbortError" });
  expect(failureOf(aborted, "x")).toBe(aborted);
});

test("only a 404 is a missing thing", async () => {
  const fail = (statusCode: number): Promise<string> => Promise.reject(failureOf(thrown({ statusCode, json: { message: "m" } }), "x"));
  expect(await orMissing(Promise.resolve("there"))).toBe("there");
  expect(await orMissing(fail(404))).toBeNull();
  await expect(orMissing(fail(500))).rejects.toMatchObject({ status: 500 });
});
