import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openFiles } from "../src/files/files.ts";
import { Autoredeploy } from "../src/reconcile/autoredeploy.ts";
import { systemClock } from "../src/reconcile/clock.ts";
import type { Store } from "../src/reconcile/store.ts";
import { openRegistries } from "../src/registry/client.ts";
import { openLayout } from "../src/registry/layout.ts";
import { openStore } from "../src/store/sqlite.ts";
import { serviceSpec } from "../test/conformance/service-spec.ts";
import { createFakeEngine } from "../test/sim/fake-engine.ts";
import { createFakeRouter } from "../test/sim/fake-router.ts";
import type { Figure } from "./figure.ts";

const SERVICES = 500;
const EVERY_MS = 60_000;
/** The first round settles the pace; what is measured are the rounds after it. */
const SETTLE_MS = 75_000;
const MEASURED_MS = Number(process.env.INSTAR_WATCH_MS ?? 180_000);

interface Look {
  readonly at: number;
  readonly url: string;
  readonly status: number;
}

/** 500 services that follow a tag each, at a registry that answers ten requests a second and 429 beyond: the core they take, and how even it is. */
export async function followingFigures(): Promise<readonly Figure[]> {
  const home = mkdtempSync(join(tmpdir(), "instar-watching-"));
  const child = fork(fileURLToPath(new URL("slow-registry.ts", import.meta.url)), [], { execArgv: [] });
  const [{ domain }] = (await once(child, "message")) as [{ domain: string }];
  const store = await openStore(home);
  const registries = openRegistries({ login: async () => null, settings: async () => ({ mirrors: [], insecure: [] }) });
  await fill(store, domain, await digests(registries, domain));
  const engine = createFakeEngine({ clock: systemClock, installation: store.installation });
  const troubles: string[] = [];
  const watch = new Autoredeploy({
    ...{ store, engine, registries, clock: systemClock, pool: "10.209.0.0/16", httpPort: 80 },
    verifier: { verify: async () => "nothing is signed here" },
    ...{ router: createFakeRouter({ clock: systemClock }), files: openFiles(home), saved: openLayout(home) },
    changed: async () => undefined,
    moved: () => undefined,
    report: (message) => troubles.push(message),
  });
  await watch.open();
  await pause(SETTLE_MS);
  const [cpu, began] = [process.cpuUsage(), Date.now()];
  await pause(MEASURED_MS);
  const used = process.cpuUsage(cpu);
  const ended = Date.now();
  const looks = (await looksOf(child)).filter(({ at }) => at >= began && at <= ended);
  const views = await watch.watched();
  await watch.close();
  registries.close();
  await store.close();
  child.disconnect();
  rmSync(home, { recursive: true });
  const good = looks.filter(({ status }) => status === 200 || status === 304);
  const per = new Map<string, number[]>();
  for (const { url, at } of good) per.set(url, [...(per.get(url) ?? []), at]);
  const gaps = [...per.values()].flatMap((times) => times.slice(1).map((at, n) => at - (times[n] ?? at)));
  const counts = [...per.values()].map((times) => times.length);
  const from = {
    "looks/s": good.length / ((ended - began) / 1000),
    "refused with 429": looks.length - good.length,
    "services looked at": per.size,
    "fewest looks": Math.min(...counts),
    "most looks": Math.max(...counts),
    "in trouble": views.filter(({ state }) => state === "trouble").length + troubles.length,
  };
  return [
    {
      name: "a core, with 500 watched services",
      value: ((used.user + used.system) / 1000 / (ended - began)) * 100,
      unit: "%",
      atMost: 1,
      from,
    },
    {
      name: "longest between two looks at one service",
      value: Math.max(...gaps) / 1000,
      unit: "s",
      atMost: 75,
      from: { "every, s": EVERY_MS / 1000 },
    },
    { name: "services not looked at", value: SERVICES - per.size, unit: "", atMost: 0, from: {} },
  ];
}

async function digests(registries: ReturnType<typeof openRegistries>, domain: string): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (let n = 0; n < SERVICES; n++) found.set(n, (await registries.head({ domain, path: `shop/s${n}` }, "1", "patient"))?.digest ?? "");
  return found;
}

async function fill(store: Store, domain: string, digests: ReadonlyMap<number, string>): Promise<void> {
  await store.write(async (within) => {
    for (const [n, digest] of digests) {
      const reference = `${domain}/shop/s${n}:1`;
      const spec = serviceSpec({
        image: reference,
        autoredeploy: { tags: { kind: "same-tag" }, everyMs: EVERY_MS, minAgeMs: 0, approve: false, window: null },
      });
      const key = { stack: "shop", service: `s${n}` };
      const image = { reference, digests: [digest], runnable: `${domain}/shop/s${n}@${digest}`, shown: digest };
      const hashes = { instanceHash: String(n), revisionHash: String(n), specVersion: 1, volumeNames: {}, networkNames: {} };
      await within.addRevision({ ...key, ...hashes, spec, image, createdAt: 0, who: "bench", why: "up" });
      await within.putService({
        ...{ ...key, applied: spec, target: 1, stable: 1, generation: 0, stableGeneration: 0, replicas: 1, stableReplicas: 1 },
        ...{ stopped: false, removed: false, halted: null, pinned: null, overrides: {}, stableOverrides: {}, deployment: null },
      });
    }
  });
}

async function looksOf(child: ChildProcess): Promise<readonly Look[]> {
  const answered = once(child, "message") as Promise<[{ looks: readonly Look[] }]>;
  child.send("looks");
  return (await answered)[0].looks;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
