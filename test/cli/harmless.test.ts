import picocolors from "picocolors";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Deployment } from "../../src/cli/client.ts";
import { harmless } from "../../src/cli/harmless.ts";
import { liveView } from "../../src/cli/live.ts";
import { runCli } from "../../src/cli/program.ts";
import { type Running, running } from "../api/running.ts";

const ESC = "\u001b";
/** The title, an erased screen, an answer asked of the terminal, the same in C1, a backspace, DEL. */
const HOSTILE = `a${ESC}]0;title\u0007b${ESC}[2Jc${ESC}[6nd\u009b2Je\bf\u007fg`;
const SPELLED = "a\\u001b]0;title\\u0007b\\u001b[2Jc\\u001b[6nd\\u009b2Je\\u0008f\\u007fg";

describe("text of others", () => {
  test.each([
    ["control characters are spelled out", HOSTILE, SPELLED],
    ["line feeds and tabs stay", "one\n\ttwo", "one\n\ttwo"],
    ["a carriage return ends a line, or is spelled out", "one\r\ntwo\rthree\r", "one\ntwo\\u000dthree"],
    ["colours go", `${ESC}[1;31mred${ESC}[0m ${ESC}[mplain`, "red plain"],
    ["letters of every script stay", "grün 日本 🙂 é", "grün 日本 🙂 é"],
  ])("%s", (_what, text, shown) => expect(harmless(text, false)).toBe(shown));

  test.each([
    ["colours stay, and end with the text", `${ESC}[31mred`, `${ESC}[31mred${ESC}[0m`],
    ["closed ones as they are", `${ESC}[38;5;208mred${ESC}[0m`, `${ESC}[38;5;208mred${ESC}[0m`],
    ["nothing is concealed, nothing blinks", `${ESC}[8mhidden${ESC}[0;5m${ESC}[1;08m`, "hidden"],
    ["nothing else passes as a colour", `${ESC}[31;2J`, "\\u001b[31;2J"],
  ])("on a terminal %s", (_what, text, shown) => expect(harmless(text, true)).toBe(shown));
});

test("a frame of the live view moves only as the view does", () => {
  let written = "";
  const view = liveView(picocolors.createColors(false), { columns: 200, rows: 24, write: (text) => (written += text) });
  const deployment: Deployment = {
    ...{ id: "D1", stack: "shop", service: "web", from: 1, to: 2, strategy: "rolling", cause: { kind: "up", who: "x" } },
    ...{ outcome: "running", reason: null, startedAt: 0, endedAt: null, seconds: 1.25, pauses: [], steps: [], evidence: null },
  };
  view.update([{ ...deployment, steps: [{ at: 0, do: "route", instance: "c", because: `${HOSTILE}\nnext` }] }], []);
  expect(written).toContain(`${SPELLED} next`);
  expect(written.replaceAll(`${ESC}[2K`, "").replaceAll(`${ESC}[0J`, "")).not.toContain(ESC);
});

describe("what every verb prints", () => {
  let r: Running;
  let out = "";
  let err = "";
  beforeEach(async () => {
    r = await running();
    [out, err] = ["", ""];
    const line = { at: 0, stream: "stdout" as const, instance: "shop-web-r1-1-a1", text: `${ESC}[32mok${ESC}[0m ${HOSTILE}` };
    r.control.find = async () => ({ stack: "shop", service: "web" });
    r.control.logs = async function* () {
      yield line;
    };
  });
  afterEach(() => r.stop());

  const instar = (isTTY: boolean, ...words: string[]) =>
    runCli(words, {
      env: { INSTAR_HOME: r.home, TERM: "xterm" },
      version: "0",
      program: "/opt/instar/bin/instar",
      serve: () => Promise.reject(new Error("not here")),
      restore: () => Promise.reject(new Error("not here")),
      stdout: { isTTY, write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
    });

  test("is harmless: a line of a log, with its colours on a terminal alone", async () => {
    expect({ code: await instar(false, "logs", "shop/web"), err }).toEqual({ code: 0, err: "" });
    expect(out).toBe(`shop-web-r1-1-a1 | ok ${SPELLED}\n`);
    out = "";
    expect(await instar(true, "logs", "shop/web")).toBe(0);
    expect(out).toContain(`${ESC}[32mok${ESC}[0m ${SPELLED}`);
  });

  test("an error's words too; JSON has the same text, spelled out", async () => {
    expect(await instar(false, "history", `shop/${HOSTILE}`)).not.toBe(0);
    expect(err).toContain("\\u001b");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none of them is there
    expect(err).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    await instar(false, "logs", "shop/web", "--json");
    expect(JSON.parse(out).text).toBe(`${ESC}[32mok${ESC}[0m ${HOSTILE}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none of them is there
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});
