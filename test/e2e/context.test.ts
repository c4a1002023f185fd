import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventView } from "../../src/reconcile/control.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { LONG } from "./size.ts";
import { rudeService } from "./stacks.ts";
import { until } from "./until.ts";
import { EngineWatch } from "./watch.ts";

/** The claim is made with twenty; where every suite runs there is less time. */
const CHANGES = LONG ? 20 : 6;

/** Reads the set as fast as it can; writes one line for each change it saw, each signal, and each time something was not whole. */
const READER = `
const { readFileSync, realpathSync } = require("node:fs");
const say = (line) => console.log(JSON.stringify({ at: Date.now(), ...line }));
process.on("SIGHUP", () => say({ hup: true }));
let last = null;
const look = () => {
  try {
    const set = realpathSync("/context/..data");
    const text = readFileSync(set + "/peers.json", "utf8");
    const { peers, end } = JSON.parse(text);
    const conf = readFileSync(set + "/proxy.conf", "utf8");
    if (end !== "whole" || !conf.endsWith("# whole\\n")) say({ broken: text + conf });
    if (conf.match(/^server .*$/gm)?.length !== peers.length && peers.length > 0) say({ broken: "two sets: " + text + conf });
    if (text !== last) say({ peers: peers.map((p) => p.name) });
    last = text;
  } catch (error) { say({ broken: String(error) }); }
  setTimeout(look, 1);
};
look();
`;

const CONTEXT = {
  target: "/context",
  on_change: "signal HUP",
  files: {
    "peers.json":
      '{"peers":[{{#peers.web}}{"name":"{{name}}","at":"{{address}}:{{port}}"}{{^last}},{{/last}}{{/peers.web}}],"end":"whole"}',
    "proxy.conf": `{{#peers.web}}\nserver {{name}} {{address}}:{{port}}\n{{/peers.web}}\n${"# padding\n".repeat(2000)}# whole\n`,
  },
};

interface Line {
  readonly at: number;
  readonly peers?: readonly string[];
  readonly hup?: true;
  readonly broken?: string;
}

let instar: Installation;
let watch: EngineWatch;
beforeAll(async () => {
  instar = await Installation.start();
  watch = await EngineWatch.start(instar.docker);
  const proxy = {
    image: "instar/base:node24",
    command: ["node", "-e", READER.replaceAll("$", () => "$$")],
    restart: "always",
    stop_grace_period: "1s",
    "x-instar": { context: CONTEXT },
  };
  const { code, stderr } = await instar.apply("shop", { services: { web: rudeService({ port: await freePort(), drain: "1s" }), proxy } });
  expect(code, stderr).toBe(0);
});
afterAll(async () => {
  watch?.stop();
  await instar?.wipe();
});

const lines = async (): Promise<readonly Line[]> => {
  const [one] = await instar.running("proxy");
  if (one === undefined) throw new Error("no proxy runs");
  const raw = (await instar.docker.getContainer(one.id).logs({ stdout: true, stderr: true })).toString("utf8");
  return raw.split("\n").flatMap((line) => (line.includes("{") ? [JSON.parse(line.slice(line.indexOf("{"))) as Line] : []));
};
const seen = async (): Promise<readonly Line[]> => (await lines()).filter(({ peers }) => peers !== undefined);
const events = async (): Promise<readonly EventView[]> =>
  (await instar.ask<{ events: EventView[] }>("/v1/events?stack=shop&limit=1000")).events;
const serving = async (): Promise<string> =>
  (await instar.instances())
    .filter(({ service, phase }) => service === "web" && phase === "serving")
    .map(({ name }) => name)
    .sort()
    .join();
const caughtUp = (wanted: number) =>
  until(`${wanted} peers to be told`, async () => {
    const [told, is] = [(await seen()).at(-1)?.peers ?? [], await serving()];
    if (told.length === wanted && [...told].sort().join() === is) return true;
    throw new Error(`told of ${told.join()}, serving ${is}`);
  });
const scale = (replicas: number) => instar.ask("/v1/stacks/shop/services/web/scale", "POST", { replicas });
/** A death within a deployment counts against it. */
const settled = () => until("the deployment to end", async () => (await instar.services()).every(({ deployment }) => deployment === null));
const place = async (): Promise<string> => {
  const [one] = await instar.running("proxy");
  const { Mounts } = await instar.docker.getContainer(one?.id ?? "").inspect();
  return Mounts.find(({ Destination }) => Destination === "/context")?.Source ?? "";
};

/** How long after what made it each change was seen: the engine's word of a death, a drain that began, a route that was given. */
function lags(changes: readonly Line[], log: readonly EventView[], cause: "die" | "step.drain" | "step.route"): number[] {
  const moments = [
    ...log.map(({ at, kind, instance }) => ({ at, action: kind, name: instance })),
    ...watch.moments.filter(({ action }) => action === "die"),
  ];
  return changes
    .slice(1)
    .flatMap(({ at, peers = [] }, index) => {
      const before = changes[index]?.peers ?? [];
      const moved = [...peers.filter((name) => !before.includes(name)), ...before.filter((name) => !peers.includes(name))];
      const made = moments.filter(
        ({ name, action, at: then }) => moved.includes(name ?? "") && then <= at && /^(die|step\.(drain|route))$/.test(action),
      );
      const last = made.sort((a, b) => a.at - b.at).at(-1);
      return last?.action === cause ? [Math.round(at - last.at)] : [];
    })
    .sort((a, b) => a - b);
}

describe("a proxy's context", () => {
  it(`follows its peers through ${CHANGES} changes, always whole, and the process hears of each`, async () => {
    await caughtUp(3);
    const from = (await seen()).length;
    for (let n = 0; (await seen()).length - from < CHANGES; n++) {
      if (n % 3 === 2) {
        await settled();
        const [victim] = await instar.running("web");
        process.kill(victim?.pid ?? 0, "SIGKILL");
        await until("its death to be told", async () => !(await seen()).at(-1)?.peers?.includes(victim?.name ?? ""));
        await caughtUp(3);
        continue;
      }
      await settled();
      await scale(n % 3 === 0 ? 4 : 3);
      await caughtUp(n % 3 === 0 ? 4 : 3);
    }
    const all = await lines();
    expect(all.filter(({ broken }) => broken !== undefined)).toEqual([]);
    const changes = all.filter(({ peers }) => peers !== undefined);
    const last = changes.at(-1)?.at ?? 0;
    const told = await until("the last signal", async () => (await lines()).find(({ hup, at }) => hup && at >= last));
    const log = await events();
    for (const cause of ["die", "step.drain", "step.route"] as const)
      console.log(`  ms behind ${cause}: ${lags(changes, log, cause).join(" ")}`);
    console.log(`  ${changes.length - 1} changes; the last HUP ${told.at - last} ms after its change`);
    expect((await events()).filter(({ kind }) => kind === "context.signal").length).toBeGreaterThanOrEqual(CHANGES / 2);
  });

  it("puts a hand edit from the host back, and says so", async () => {
    const at = join(await place(), "proxy.conf");
    const before = readFileSync(at, "utf8");
    writeFileSync(realpathSync(at), "server evil 10.0.0.1:80\n# whole\n");
    await until("the file to be as it was", () => readFileSync(at, "utf8") === before);
    await until("the event", async () =>
      (await events()).some(({ kind, message }) => kind === "context.mended" && message.includes("proxy.conf")),
    );
  });

  it("cannot be written from inside, and is there when the instance comes back without the daemon", async () => {
    const [one] = await instar.running("proxy");
    // As many as the changes before have left.
    const known = (await seen()).at(-1)?.peers ?? [];
    await instar.kill();
    const from = Date.now();
    process.kill(one?.pid ?? 0, "SIGKILL");
    const again = await until("the proxy to run again", async () => (await instar.running("proxy")).find(({ pid }) => pid !== one?.pid));
    expect(again.id).toBe(one?.id);
    await until("it to read its files", async () => (await seen()).some(({ at, peers }) => at > from && String(peers) === String(known)));
    expect((await lines()).filter(({ at, broken }) => broken !== undefined && at > from)).toEqual([]);
    const { Mounts } = await instar.docker.getContainer(again.id).inspect();
    expect(Mounts.find(({ Destination }) => Destination === "/context")?.RW).toBe(false);
    await instar.up();
  });
});
