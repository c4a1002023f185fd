// The stateful half of the demo: one row per line in /data/rows, answered only when it is on the disk.
const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");

const version = process.env.VERSION ?? "unknown";
const file = "/data/rows";
const fd = fs.openSync(file, "a+");
// A row cut short by a crash was never answered: end it here so that the next one begins on its own line.
const before = fs.readFileSync(file, "utf8");
const rows = new Set(before.split("\n").slice(0, -1));
if (before !== "" && !before.endsWith("\n")) fs.ftruncateSync(fd, Buffer.byteLength(before.slice(0, before.lastIndexOf("\n") + 1)));

const json = (response, status, body) => {
  response.writeHead(status, { "content-type": "application/json", "x-version": version });
  response.end(`${JSON.stringify(body)}\n`);
};

// Rows that arrive while a sync is under way share the next one.
let waiting = [];
let syncing = false;
const append = (row, done) => {
  waiting.push({ row, done });
  if (!syncing) flush();
};
const flush = () => {
  const batch = waiting;
  waiting = [];
  syncing = true;
  const text = batch.map(({ row }) => `${row}\n`).join("");
  fs.write(fd, text, (writeError) => {
    if (writeError) throw writeError;
    fs.fdatasync(fd, (syncError) => {
      if (syncError) throw syncError;
      for (const { row, done } of batch) {
        rows.add(row);
        done();
      }
      syncing = false;
      if (waiting.length > 0) flush();
    });
  });
};

http
  .createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://local");
    const answer = { version, instance: os.hostname(), rows: rows.size };
    if (pathname === "/healthz") return json(response, 200, { ok: true });
    if (pathname !== "/rows") return json(response, pathname === "/" ? 200 : 404, answer);
    if (request.method !== "POST") {
      const list = request.url?.includes("list=1") ? { list: [...rows] } : {};
      return json(response, 200, { ...answer, ...list });
    }
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk) => {
      body += chunk;
      if (body.length > 4096) request.destroy();
    });
    request.on("end", () => {
      const row = body.replaceAll("\n", " ").trim();
      if (row === "") return json(response, 400, { error: "an empty row" });
      append(row, () => json(response, 201, { ...answer, rows: rows.size, row }));
    });
  })
  .listen(8080, () => console.log(`${version} listens on 8080, ${rows.size} rows`));

process.on("SIGTERM", () => process.exit(0));
