import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { until } from "./until.ts";

/** How many may wait for one service. */
const LIMIT = 1000;

/** Writes down every POST's path as it executes it; ready once /gate/open is there. */
const LEDGER = `
const fs = require("fs");
const answer = (request, response) => {
  if (request.method === "POST") fs.appendFileSync("/ledger/done", request.url + "\\n");
  response.end(fs.existsSync("/ledger/done") && request.url === "/done" ? fs.readFileSync("/ledger/done") : request.url);
};
const server = require("http").createServer((request, response) => request.resume().on("end", () => answer(request, response)));
const listen = () => (fs.existsSync("/gate/open") ? server.listen(8080) : setTimeout(listen, 20));
listen();
process.on("SIGTERM", () => process.exit(0));
`;

let instar: Installation;
beforeAll(async () => {
  instar = await Installation.start();
});
afterAll(async () => instar?.wipe());

interface Ledger {
  readonly port: number;
  readonly stack: string;
  /** While it is closed no successor becomes ready. */
  gate(open: boolean): void;
}

async function ledger(stack: string, hold: string): Promise<Ledger> {
  const folder = join(instar.home, "files", stack);
  mkdirSync(folder, { recursive: true });
  const gate = (open: boolean): void => (open ? writeFileSync(join(folder, "open"), "") : rmSync(join(folder, "open")));
  const port = await freePort();
  gate(true);
  const service = {
    image: "instar/base:node24",
    command: ["node", "-e", LEDGER],
    ports: [`${port}:8080`],
    volumes: ["/ledger", `${folder}:/gate:ro`],
    "x-instar": { ready: { http: "/healthz", timeout: "120s" }, hold },
  };
  const { code, stderr } = await instar.apply(stack, { services: { ledger: service } });
  expect(code, stderr).toBe(0);
  return { port, stack, gate };
}

/** Closes the gate and redeploys: returns when nothing serves any more. */
async function hold({ stack, gate }: Ledger): Promise<void> {
  gate(false);
  const before = (await instar.instances()).filter((one) => one.stack === stack).map((one) => one.name);
  await instar.ask(`/v1/stacks/${stack}/services/ledger/redeploy`, "POST", {});
  await until("the successor alone to run", async () => {
    const running = (await instar.running("ledger")).filter((one) => one.name.startsWith(`${stack}-`));
    return running.length === 1 && running.every((one) => !before.includes(one.name));
  });
}

interface Asked {
  readonly path: string;
  readonly sentAt: number;
  /** null while it waits. */
  answer: { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string; readonly at: number } | null;
  error: Error | null;
  giveUp(): void;
}

function post(port: number, path: string): Asked {
  const sent = request({ host: "127.0.0.1", port, path, method: "POST", agent: false });
  const asked: Asked = { path, sentAt: Date.now(), answer: null, error: null, giveUp: () => void sent.destroy() };
  sent.on("error", (error) => {
    asked.error = error;
  });
  sent.on("response", (response) => {
    let body = "";
    response.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    response.on("end", () => {
      asked.answer = { status: response.statusCode ?? 0, headers: response.headers, body, at: Date.now() };
    });
  });
  sent.end();
  return asked;
}

const posts = (port: number, round: string, count: number): Asked[] =>
  Array.from({ length: count }, (_, n) => post(port, `/${round}/${n}`));
const over = ({ answer, error }: Asked): boolean => answer !== null || error !== null;

/** Path → how often it was executed. */
async function executed(port: number): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/done`)).text();
  const counts = new Map<string, number>();
  for (const path of text.trimEnd().split("\n")) counts.set(path, (counts.get(path) ?? 0) + 1);
  return counts;
}

function expectRefused(asked: readonly Asked[]): void {
  expect(asked.map(({ answer, error }) => [answer?.status, answer?.headers["retry-after"], error])).toEqual(
    asked.map(() => [503, "1", null]),
  );
}

describe("requests that wait while the only instance is swapped", () => {
  let service: Ledger;
  beforeAll(async () => {
    service = await ledger("shop", "120s");
  });

  it("more than may wait are refused at once; who gives up is executed at most once, all others exactly once", async () => {
    await hold(service);
    const asked = posts(service.port, "first", LIMIT + 30);
    const refused = await until("30 to be refused", () => {
      const ended = asked.filter(over);
      return ended.length >= 30 && ended;
    });
    expectRefused(refused);
    const waiting = asked.filter((one) => !over(one));
    expect(waiting, "the gate is closed: nobody else has an answer").toHaveLength(LIMIT);
    const gone = waiting.slice(0, 100);
    for (const one of gone) one.giveUp();
    service.gate(true);
    const stayed = waiting.slice(100);
    await until("everybody who waits to be answered", () => stayed.every(over));
    expect(stayed.filter(({ answer, path }) => answer?.status !== 200 || answer.body !== path)).toEqual([]);
    await expectSteady(instar, "shop/ledger", { replicas: 1, image: "instar/base:node24" });
    const counts = await executed(service.port);
    expect(stayed.filter(({ path }) => counts.get(path) !== 1).map(({ path }) => path)).toEqual([]);
    expect(gone.filter(({ path }) => (counts.get(path) ?? 0) > 1).map(({ path }) => path)).toEqual([]);
    expect(refused.filter(({ path }) => counts.has(path)).map(({ path }) => path)).toEqual([]);
  });

  it("every place is free again, and a reload meanwhile loses nobody", async () => {
    await hold(service);
    const asked = posts(service.port, "second", LIMIT + 1);
    expectRefused([await until("one to be refused", () => asked.find(over))]);
    // A new port: the router reloads, and those who wait go on to the next worker.
    const { code, stderr } = await instar.apply("other", rudeStack({ port: await freePort(), replicas: 1 }));
    expect(code, stderr).toBe(0);
    expect(asked.filter(over)).toHaveLength(1);
    service.gate(true);
    await until("everybody to be answered", () => asked.every(over));
    const served = asked.filter(({ answer }) => answer?.status === 200);
    expect(served, JSON.stringify(asked.filter((one) => one.answer?.status !== 200).slice(0, 5))).toHaveLength(LIMIT);
    await expectSteady(instar, "shop/ledger", { replicas: 1, image: "instar/base:node24" });
    const counts = await executed(service.port);
    expect(served.filter(({ path }) => counts.get(path) !== 1).map(({ path }) => path)).toEqual([]);
  });
});

describe("a service that never comes back", () => {
  it("releases who waits when the limit has passed, with 503 and Retry-After, executed by nobody", async () => {
    const service = await ledger("late", "2s");
    await hold(service);
    const asked = posts(service.port, "third", 20);
    await until("everybody to be released", () => asked.every(over));
    expectRefused(asked);
    expect(asked.filter(({ answer, sentAt }) => (answer?.at ?? 0) - sentAt < 2000)).toEqual([]);
    service.gate(true);
    await expectSteady(instar, "late/ledger", { replicas: 1, image: "instar/base:node24" });
    expect([...(await executed(service.port)).keys()].filter((path) => path.startsWith("/third"))).toEqual([]);
  });
});
