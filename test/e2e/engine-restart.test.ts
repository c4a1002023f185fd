import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DriftView } from "../../src/reconcile/drift-control.ts";
import { rude } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import type { LoadReport } from "../load/report.ts";
import { Installation } from "./installation.ts";
import { Lab } from "./lab.ts";
import { freePort } from "./ports.ts";
import { LONG } from "./size.ts";
import { rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { pause, until } from "./until.ts";
import { expectNoLoss } from "./witness.ts";

const STACKS = ["alpha", "beta"] as const;
const lab = new Lab();
let instar: Installation;
const ports = new Map<string, number>();

beforeAll(async () => {
  await lab.start({ liveRestore: true });
  instar = await Installation.start({ dockerHost: lab.dockerHost, env: lab.env });
  for (const stack of STACKS) {
    const port = await freePort();
    ports.set(stack, port);
    await instar.apply(stack, rudeStack({ port, environment: { APP: stack } }));
  }
}, 240_000);
afterAll(async () => {
  await instar?.wipe();
  await lab.stop();
});

const urlOf = (stack: string): string => `http://127.0.0.1:${ports.get(stack)}`;

async function underLoad(work: () => Promise<void>): Promise<readonly LoadReport[]> {
  const loads = await Promise.all(
    STACKS.map((app) => startLoad({ url: urlOf(app), app, rate: 100, webSockets: 1, slowMs: 500, proven: false })),
  );
  await pause(1000);
  await work();
  await pause(1500);
  return Promise.all(loads.map((load) => load.stop()));
}

/** Every instance of the stack answers, by its own name. */
async function allServe(stack: string, replicas: number): Promise<boolean> {
  const answered = new Set<string>();
  for (let n = 0; n < replicas * 3; n++) {
    const answer = await fetch(urlOf(stack), { headers: { connection: "close" }, signal: AbortSignal.timeout(5000) });
    if (!answer.ok) return false;
    const said = (await answer.json()) as { app: string; instance: string };
    expect(said.app, "a request of one service answered by another").toBe(stack);
    answered.add(said.instance);
  }
  return answered.size === replicas;
}

async function expectAllAsBefore(before: readonly string[]): Promise<void> {
  for (const stack of STACKS) await expectSteady(instar, `${stack}/web`, { replicas: 3, image: rude("v1") });
  expect(
    (await instar.containers()).map((one) => one.id),
    "restarted with its engine is no reason to replace",
  ).toEqual(before);
}

const neverAnother = (loads: readonly LoadReport[]): void => {
  for (const load of loads) expect(load.failed.filter((request) => request.error?.includes("another service"))).toEqual([]);
};

describe("dockerd is restarted while the daemon is dead", () => {
  it("with live-restore: 0 failed requests", async () => {
    const before = (await instar.containers()).map((one) => one.id);
    await instar.kill();
    const loads = await underLoad(async () => {
      await lab.end();
      await lab.start({ liveRestore: true });
    });
    for (const load of loads) expectNoLoss(load);
    neverAnother(loads);
    await instar.up();
    await expectAllAsBefore(before);
  });

  // One of the long set: the daemon lives through both in the next tests.
  it.runIf(LONG)("killed with live-restore: the same", async () => {
    const before = (await instar.containers()).map((one) => one.id);
    await instar.kill();
    const loads = await underLoad(async () => {
      await lab.end("SIGKILL");
      await lab.start({ liveRestore: true });
    });
    for (const load of loads) expectNoLoss(load);
    await instar.up();
    await expectAllAsBefore(before);
  });

  it("with live-restore while the daemon lives: nobody is unwatched, and nothing has drifted", async () => {
    if (!instar.alive) await instar.up();
    const now = Date.now();
    const told = await until("what went before to be known", async () => {
      const view = await instar.ask<DriftView>("/v1/drift");
      return view.watching.seen >= now && view;
    });
    const before = told.gaps.length;
    const verdicts = ({ instances }: DriftView): readonly string[] => instances.map(({ name, verdict }) => `${name} ${verdict}`).sort();
    await lab.end();
    await lab.start({ liveRestore: true });
    const after = await until("the gap to be recorded", async () => {
      const view = await instar.ask<DriftView>("/v1/drift");
      return view.gaps.length > before + 1 && view;
    });
    expect(after.gaps.slice(before).map(({ blind, reason }) => `${blind} ${reason}`)).toEqual([
      "false the engine was down: nobody could act through it",
      "false the engine's event stream was cut; all the engine remembered of it was read afterwards",
    ]);
    expect(verdicts(after)).toEqual(verdicts(told));
  });

  it("without live-restore while the daemon lives: the outage passes, and everything converges", async () => {
    if (!instar.alive) await instar.up();
    await lab.end();
    await lab.start({ liveRestore: false });
    for (const stack of STACKS) {
      await until(`all of ${stack} to serve`, () => allServe(stack, 3));
      await until(`${stack} to be at rest`, async () => (await instar.services()).every((one) => one.state === "running"));
      await expectSteady(instar, `${stack}/web`, { replicas: 3, image: rude("v1") });
    }
  });

  it("without live-restore while the daemon is dead: everything serves again by itself, no request reaches another service", async () => {
    const names = (await instar.instances()).map(({ name }) => name);
    // It is written right behind what the router has: whoever ends both within that moment gets the table before.
    await until("the router's table to be saved", () =>
      globSync(join(instar.home, "router/g*/haproxy.cfg")).some((file) => {
        const config = readFileSync(file, "utf8");
        return names.every((name) => config.includes(`server ${name} `));
      }),
    );
    await instar.kill();
    const before = (await instar.containers()).map((one) => one.id);
    const loads = await underLoad(async () => {
      await lab.end();
      await lab.start({ liveRestore: false });
      for (const stack of STACKS) await until(`all of ${stack} to serve with the daemon dead`, () => allServe(stack, 3));
    });
    neverAnother(loads);
    for (const load of loads) console.log(`  outage: ${load.failed.length} of ${load.total} requests failed`);
    await instar.up();
    await expectAllAsBefore(before);
  });
});
