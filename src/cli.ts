#!/usr/bin/env node
import { runCli } from "./cli/program.ts";
import { VERSION } from "./version.ts";

// A reader that has gone (`| head`) ends the writing, not with an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  version: VERSION,
  serve: async (options) => (await import("./main.ts")).runServer(options),
  restore: async (options) => (await import("./main.ts")).restoreHome(options),
  stdout: process.stdout,
  stderr: process.stderr,
});
