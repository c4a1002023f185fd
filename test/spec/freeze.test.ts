import { describe, expect, test } from "vitest";
import { checkStack } from "../../src/spec/check.ts";
import type { FreezeSpec, VolumeSpec } from "../../src/spec/types.ts";
import { load, refusal } from "./reading.ts";

const SERVICE = 'services:\n  web: {image: a, volumes: ["v:/v"]}\nvolumes:\n  v:\n    x-instar:\n';
const freeze = (text: string): FreezeSpec | undefined => load(`${SERVICE}      freeze: ${text}`).spec.volumes["v"]?.freeze;
const refused = (text: string): string => refusal(() => freeze(text));

describe("x-instar.freeze of a volume", () => {
  test("a list is taken as it is, a text is for the shell; the times have defaults", () => {
    expect(freeze("{command: [app, pause], thaw: app resume}")).toEqual({
      ...{ command: ["app", "pause"], thaw: ["/bin/sh", "-c", "app resume"], timeoutMs: 30_000, limitMs: 600_000 },
    });
    expect(freeze("{command: a, thaw: b, timeout: 5s, limit: 1h}")).toMatchObject({ timeoutMs: 5_000, limitMs: 3_600_000 });
  });

  test("is absent where the file has none", () => {
    expect(load(`${SERVICE}      shared: false`).spec.volumes["v"]).not.toHaveProperty("freeze");
  });

  test.each([
    ["{command: a}", "INS1032 6:15", "there is no command that thaws"],
    ["{thaw: a}", "INS1032 6:15", "there is no command that freezes"],
    ["{command: a, thaw: b, timout: 3s}", "INS1003 6:37", "did you mean timeout?"],
    ["{command: [], thaw: b}", "INS1004 6:25", "the command is empty"],
    ['{command: " ", thaw: b}', "INS1004 6:25", "the command is empty"],
    ['{command: ["", a], thaw: b}', "INS1004 6:25", "the command is empty"],
    ['{command: a, thaw: ["a\\0b"]}', "INS1004", ""],
    ["{command: a, thaw: b, timeout: 0}", "INS1004 6:46", "longer than nothing"],
    ["{command: a, thaw: b, limit: soon}", "INS1004 6:44", "not a duration"],
    ["{command: {a: b}, thaw: b}", "INS1004 6:25", ""],
    ["pause", "INS1004 6:15", ""],
  ])("%s is refused with its place", (text, at, words) => {
    const found = refused(text);
    expect(found).toContain(at);
    expect(found).toContain(words);
  });

  test("a later file replaces a command instead of adding to it", () => {
    const over = "volumes: {v: {x-instar: {freeze: {command: [b]}}}}";
    const files = { "1.yaml": `${SERVICE}      freeze: {command: [a, a], thaw: [t]}`, "2.yaml": over };
    const { spec } = load("", { files, more: { files: ["1.yaml", "2.yaml"] } });
    expect(spec.volumes["v"]?.freeze).toMatchObject({ command: ["b"], thaw: ["t"] });
  });

  test("lets a volume that several write to be kept before deployments", () => {
    const file = (own: string): string =>
      `services:\n  a: {image: a, volumes: ["v:/v"]}\n  b: {image: a, volumes: ["v:/v"]}\nvolumes: {v: {x-instar: {snapshot: before-deploy${own}}}}`;
    expect(refusal(() => load(file("")))).toContain("needs a single writer");
    expect(load(file(", freeze: {command: a, thaw: b}")).spec.volumes["v"]?.snapshot).toEqual({ keep: 5, maxAgeMs: null });
  });

  test("is checked again by the daemon", () => {
    const { spec } = load(`${SERVICE}      freeze: {command: a, thaw: b}`);
    const { v } = spec.volumes;
    const changed = (given: Partial<FreezeSpec>) => ({
      ...spec,
      volumes: { v: { ...(v as VolumeSpec), freeze: { ...(v as VolumeSpec & { freeze: FreezeSpec }).freeze, ...given } } },
    });
    expect(() => checkStack(changed({}))).not.toThrow();
    for (const bad of [{ command: [] }, { thaw: [""] }, { command: ["a\0"] }, { timeoutMs: 0 }, { limitMs: 0 }])
      expect(() => checkStack(changed(bad))).toThrow("freeze");
  });
});
