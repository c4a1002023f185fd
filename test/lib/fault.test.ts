import { describe, expect, it } from "vitest";
import { faultFrom } from "../../src/lib/fault.ts";

/** Which of these moments the setting strikes, and with what. */
function strikes(setting: string | undefined): string[] {
  const struck: string[] = [];
  let moment = "";
  const fault = faultFrom(setting, (signal) => struck.push(`${moment} ${signal}`));
  for (const what of ["create", "start", "create", "route"])
    for (const when of ["before", "after"] as const) {
      moment = `${when} ${what}`;
      fault(when, what);
    }
  return struck;
}

describe("where a crash test ends the daemon", () => {
  for (const [setting, expected] of [
    [undefined, []],
    ["", []],
    ["nonsense:", []],
    ["2", ["after start SIGKILL"]],
    ["before:3", ["before create SIGKILL"]],
    ["after:4", ["after route SIGKILL"]],
    ["before:route", ["before route SIGKILL"]],
    ["create:2", ["after create SIGKILL"]],
    ["halt:after:create", ["after create SIGSTOP"]],
    ["halt:before:start:2", []],
  ] as const)
    it(`${setting}: ${expected.join() || "nowhere"}`, () => expect(strikes(setting)).toEqual(expected));
});
