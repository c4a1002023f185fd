#!/usr/bin/env node
import { VERSION } from "./version.ts";

// A reader that has gone (`| head`) ends the writing, not with an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const words = process.argv.slice(2);
// Asked by scripts and shells at every start: answered before anything else is loaded.
if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) process.stdout.write(`${VERSION}\n`);
else {
  const { runCli } = await import("./cli/program.ts");
  process.exitCode = await runCli(words, {
    env: process.env,
    version: VERSION,
    serve: async (options) => (await import("./main.ts")).runServer(options),
    restore: async (options) => (await import("./main.ts")).restoreHome(options),
    stdout: process.stdout,
    stderr: process.stderr,
  });
}
