// The stateless half of the demo. v3 is broken on purpose: it ends by itself right after its start.
const http = require("node:http");
const os = require("node:os");

const version = process.env.VERSION ?? "unknown";
if (version === "v3") {
  console.error("v3: cannot read the configuration: ENOENT /app/settings.json");
  process.exit(1);
}

const startedAt = Date.now();
let served = 0;

const json = (response, status, body) => {
  response.writeHead(status, { "content-type": "application/json", "x-version": version });
  response.end(`${JSON.stringify(body)}\n`);
};

http
  .createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://local");
    if (pathname === "/healthz") return json(response, 200, { ok: true });
    served += 1;
    const answer = { version, instance: os.hostname(), served, upMs: Date.now() - startedAt };
    const delayMs = Math.min(Number(searchParams.get("delay") ?? 0) || 0, 30_000);
    let bytes = 0;
    request.on("data", (chunk) => {
      bytes += chunk.length;
    });
    request.on("end", () => setTimeout(() => json(response, 200, { ...answer, method: request.method, bytes }), delayMs));
  })
  .listen(8080, () => console.log(`${version} listens on 8080`));

// Rude on purpose: no draining of its own. Whoever deploys it has to have drained it before.
process.on("SIGTERM", () => process.exit(0));
