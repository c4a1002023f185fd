// One row is two halves in two files, written one after the other: a copy made meanwhile has torn rows.
const fs = require("node:fs");
const http = require("node:http");

const PIECES = 16;
const files = ["/data/a-left", "/data/z-right"].map((path) => fs.openSync(path, "a"));
let rows = fs.readFileSync("/data/z-right", "utf8").split("\n").length - 1;
const waiting = [];
let frozen = false;
let busy = false;

const next = async () => {
  if (busy) return;
  busy = true;
  while (waiting.length > 0 && !frozen) {
    const answer = waiting.shift();
    rows += 1;
    for (const file of files) {
      for (let piece = 0; piece < PIECES; piece++) {
        fs.writeSync(file, `${rows}.`);
        await new Promise(setImmediate);
      }
      fs.writeSync(file, "\n");
    }
    answer.writeHead(201);
    answer.end(String(rows));
  }
  busy = false;
  if (frozen) fs.writeFileSync("/tmp/frozen", "");
};

// Freezing ends the row under way and leaves a mark; going on takes it away.
process.on("SIGUSR2", () => {
  frozen = true;
  void next();
});
process.on("SIGHUP", () => {
  frozen = false;
  fs.rmSync("/tmp/frozen", { force: true });
  void next();
});
process.on("SIGTERM", () => process.exit(0));

http
  .createServer((request, response) => {
    request.resume();
    if (request.method !== "POST") return response.end(JSON.stringify({ rows, frozen }));
    waiting.push(response);
    void next();
  })
  .listen(8080);
