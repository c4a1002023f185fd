import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { VERBS } from "../../src/cli/verbs.ts";
import { run } from "./spawn.ts";

const script = async (shell: string): Promise<string> => {
  const { code, out, err } = await run(["completion", shell], { INSTAR_HOME: "/nonexistent" });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out;
};

const CASES: readonly (readonly [typed: string, offered: readonly string[]])[] = [
  ["ro", ["rollback"]],
  ["re", ["recycle", "redeploy", "restore", "resume"]],
  ["--v", ["--version"]],
  ["rollback --d", ["--data", "--detach"]],
  ["--json rollback web --t", ["--to"]],
  ["completion ", ["bash", "fish", "zsh"]],
  ["exec web -- ls --", []],
  ["nonsense --", []],
  ["", ["--help", "--json", "--version", ...Object.keys(VERBS)].sort()],
];

test("bash offers verbs, options and values, and nothing in somebody else's command", async () => {
  // One shell for all: it reads the script, then what was typed, a line each.
  const ask = `${await script("bash")}
while IFS= read -r typed; do
  IFS=' ' read -r -a COMP_WORDS <<< "instar $typed"
  case $typed in *" " | "") COMP_WORDS+=("") ;; esac
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  _instar
  echo "\${COMPREPLY[*]}"
done`;
  const input = CASES.map(([typed]) => `${typed}\n`).join("");
  const lines = execFileSync("bash", ["--norc", "-c", ask], { encoding: "utf8", input }).trimEnd().split("\n");
  const seen = CASES.map(([typed], n) => [
    typed,
    (lines[n] ?? "")
      .split(" ")
      .filter((one) => one !== "")
      .sort(),
  ]);
  expect(seen).toEqual(CASES);
});

test("zsh reads bash's, and fish has a line for each verb and option", async () => {
  expect(await script("zsh")).toMatch(/^#compdef instar\n.*bashcompinit\n_instar\(\) \{/);
  const fish = (await script("fish")).split("\n");
  for (const name of Object.keys(VERBS))
    expect(fish.some((line) => line.startsWith(`complete -c instar -n __fish_use_subcommand -f -a ${name} -d '`))).toBe(true);
  expect(fish).toContain("complete -c instar -n '__fish_seen_subcommand_from logs' -l follow");
  expect(fish).toContain("complete -c instar -n '__fish_seen_subcommand_from logs' -s f");
});

test("another shell is a usage error, and --json has the script too", async () => {
  expect((await run(["completion", "ksh"], {})).code).toBe(64);
  expect(JSON.parse((await run(["completion", "bash", "--json"], {})).out)).toMatchObject({ shell: "bash", script: expect.any(String) });
});
