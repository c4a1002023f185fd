/**
 * The rude application: exits at once on SIGTERM, also in the middle of an answer. Plain Node, no dependencies.
 *
 *   GET  /…?n=7&delay=2000   {version, instance, app, proven, n, env}
 *   POST /…?n=7              the same with the request's body as `body`
 *   GET  /healthz            200, or 503 until ready
 *   Upgrade: websocket       says hello with {version, instance, app}, then echoes every message
 *
 * Environment: VERSION, APP, PORT (8080), START_DELAY_MS (before it listens), READY_DELAY_MS (before /healthz
 * answers 200), NEVER_READY, CRASH_AT_START, DIE_AFTER_MS (after the first ready answer), IGNORE_TERM, POLITE (on
 * SIGTERM it takes nothing new, answers what is under way, and only then exits).
 */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { hostname } from "node:os";

const env = process.env;
const milliseconds = (name) => Number(env[name] ?? 0);
const whoami = { version: env.VERSION ?? "none", instance: env.INSTANCE ?? hostname(), app: env.APP ?? "rude" };
const startedAt = Date.now();
/** True from the first ready answer on: who answers requests before that was routed too early. */
let proven = false;
/** Only a polite one ever leaves; a rude one is gone. */
let leaving = false;

const isReady = () => !leaving && env.NEVER_READY === undefined && Date.now() - startedAt >= milliseconds("READY_DELAY_MS");

function answerHealth(response) {
  if (!isReady()) {
    response.writeHead(503).end("not yet\n");
    return;
  }
  if (!proven) {
    proven = true;
    if (env.DIE_AFTER_MS !== undefined) setTimeout(die, milliseconds("DIE_AFTER_MS"));
  }
  response.writeHead(200).end("ok\n");
}

function die() {
  console.error("the ledger is corrupt, giving up");
  process.exit(4);
}

function answer(request, response, url, body) {
  const { PATH: _path, ...shown } = env;
  const said = { ...whoami, proven, n: url.searchParams.get("n"), method: request.method, ...(body === null ? {} : { body }), env: shown };
  const text = JSON.stringify(said);
  const send = () => {
    // Who kept this connection is not to send another request into its end.
    if (leaving) response.setHeader("connection", "close");
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text);
  };
  const delay = Math.min(Number(url.searchParams.get("delay") ?? 0), 60_000);
  if (delay > 0) setTimeout(send, delay);
  else send();
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://rude");
  if (url.pathname === "/healthz") return answerHealth(response);
  if (request.method === "GET" || request.method === "HEAD") return answer(request, response, url, null);
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => answer(request, response, url, Buffer.concat(chunks).toString("utf8")));
});
server.keepAliveTimeout = 65_000;

// RFC 6455: the accept key (section 4.2.2), frames up to 64 KiB (section 5.2), ping and close answered.
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

function frame(opcode, payload) {
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 4 : 2);
  head[0] = 0x80 | opcode;
  head[1] = long ? 126 : payload.length;
  if (long) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** One masked client frame from the front of `buffer`, or null when it is not whole yet. */
function unframe(buffer) {
  if (buffer.length < 2) return null;
  const short = buffer[1] & 0x7f;
  const start = short === 126 ? 4 : 2;
  if (buffer.length < start) return null;
  const length = short === 126 ? buffer.readUInt16BE(2) : short;
  if (buffer.length < start + 4 + length) return null;
  const mask = buffer.subarray(start, start + 4);
  const payload = Buffer.from(buffer.subarray(start + 4, start + 4 + length));
  for (let i = 0; i < length; i++) payload[i] ^= mask[i % 4];
  return { opcode: buffer[0] & 0x0f, payload, oversized: short === 127, size: start + 4 + length };
}

server.on("upgrade", (request, socket, head) => {
  const key = request.headers["sec-websocket-key"];
  if (typeof key !== "string") return socket.destroy();
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.write(frame(TEXT, Buffer.from(JSON.stringify(whoami))));
  let pending = head;
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    for (let next = unframe(pending); next !== null; next = unframe(pending)) {
      pending = pending.subarray(next.size);
      if (next.oversized) return socket.destroy();
      if (next.opcode === TEXT || next.opcode === BINARY) socket.write(frame(next.opcode, next.payload));
      if (next.opcode === PING) socket.write(frame(PONG, next.payload));
      if (next.opcode === CLOSE) return socket.end(frame(CLOSE, next.payload.subarray(0, 2)));
    }
  });
});

process.on("SIGTERM", () => {
  if (env.IGNORE_TERM !== undefined) return;
  if (env.POLITE === undefined) process.exit(0);
  leaving = true;
  server.close(() => process.exit(0));
});

if (env.CRASH_AT_START !== undefined) {
  console.log(`rude ${whoami.version} opening the ledger`);
  console.error("cannot open the ledger: permission denied");
  process.exit(3);
}
setTimeout(() => {
  server.listen(Number(env.PORT ?? 8080), env.HOST, () => {
    const { port } = server.address();
    console.log(`rude ${whoami.version} listening on ${port}`);
    process.send?.({ port });
  });
}, milliseconds("START_DELAY_MS"));
