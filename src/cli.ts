#!/usr/bin/env node
import { VERSION } from "./version.ts";

// A reader that has gone (`| head`) ends the watching, as Ctrl-C does; a verb that had ended keeps its own exit code.
const unread = (error: NodeJS.ErrnoException): void => {
  if (error.code !== "EPIPE") throw error;
  process.exit(process.exitCode ?? 130);
};
process.stdout.on("error", unread);
process.stderr.on("error", unread);

const words = process.argv.slice(2);
// Asked by scripts and shells at every start: answered before anything else is loaded.
if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) {
  process.exitCode = 0;
  process.stdout.write(`${VERSION}\n`);
} else {
  const { runCli } = await import("./cli/program.ts");
  process.exitCode = await runCli(words, {
    env: process.env,
    version: VERSION,
    program: decodeURIComponent(new URL("../bin/instar", import.meta.url).pathname),
    serve: async (options) => (await import("./main.ts")).runServer(options),
    restore: async (options) => (await import("./main.ts")).restoreHome(options),
    stdout: process.stdout,
    stderr: process.stderr,
  });
}
