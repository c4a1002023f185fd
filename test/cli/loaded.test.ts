import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ENTRY = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
/** Prints every module that was loaded, after the program's own output. */
const SPY = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  const seen = [];
  registerHooks({ load(url, context, next) { seen.push(url); return next(url, context); } });
  process.on("exit", () => process.stderr.write("LOADED " + seen.join(" ")));
`)}`;

async function loadedBy(...args: string[]): Promise<string[]> {
  const outcome = await promisify(execFile)(process.execPath, ["--import", SPY, ENTRY, ...args], {
    env: { PATH: process.env.PATH ?? "", INSTAR_HOME: "/nonexistent" },
  }).catch((error: { stderr: string }) => error);
  return outcome.stderr.split("LOADED ")[1]?.split(" ") ?? [];
}

test.each([["ps"], ["--help"], ["deploy", "web", "--image", "web:2"], ["config"]])(
  "%s loads nothing of the daemon and no other verb",
  async (...args) => {
    const loaded = await loadedBy(...args);
    expect(loaded.length).toBeGreaterThan(5);
    expect(loaded.filter((url) => /better-sqlite3|fastify|kysely|dockerode|pino|src\/main\.ts|src\/api\/|openapi\.json/.test(url))).toEqual(
      [],
    );
    const verbs = loaded.flatMap((url) => /src\/cli\/verbs\/([a-z]+)\.ts$/.exec(url)?.[1] ?? []);
    expect(verbs.filter((verb) => !["moving", "scope", args[0]].includes(verb))).toEqual([]);
    if (args[0] !== "config") expect(loaded.filter((url) => url.includes("node_modules/yaml/"))).toEqual([]);
  },
);

test.each([["--version"], ["-V"]])("%s loads nothing but the version", async (word) => {
  expect((await loadedBy(word)).map((url) => url.replace(/.*\//, ""))).toEqual(["cli.ts", "version.ts", "package.json"]);
});
