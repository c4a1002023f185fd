import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { Installation } from "./installation.ts";
import { killHaproxy } from "./kill-haproxy.ts";
import { freePort } from "./ports.ts";
import { rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { pause, until } from "./until.ts";
import { sayGap } from "./witness.ts";

let instar: Installation;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
  await instar.apply("shop", rudeStack({ port, drain: "1s" }));
});
afterAll(async () => instar?.wipe());

describe("HAProxy is killed while the daemon is dead", () => {
  for (const [what, version] of [
    ["master", "v2"],
    ["worker", "v3"],
    ["container", "v2"],
  ] as const) {
    it(`its ${what}: back with the right table without the daemon's help`, async () => {
      if (!instar.alive) await instar.up();
      // The table changed at run time: what comes back must be what was last wanted, not what was last loaded.
      await instar.moved("deploy", "shop/web", "--image", rude(version));
      await instar.kill();
      const serving = (await instar.running("web")).map((one) => one.id.slice(0, 12)).sort();
      const routerBefore = await instar.router();

      const load = await startLoad({ url: `http://127.0.0.1:${port}`, webSockets: 0, slowMs: 200 });
      await pause(1000);
      if (what === "container") {
        process.kill(routerBefore.pid, "SIGKILL");
        await until("the router's container to run again", async () => (await instar.router()).startedAt !== routerBefore.startedAt);
      } else {
        await killHaproxy(routerBefore, what, port).listening;
        expect((await instar.router()).startedAt, "no engine is needed for it").toBe(routerBefore.startedAt);
      }
      await pause(1500);
      const result = await load.stop();

      expect(result.failed.length, "the kill was felt").toBeGreaterThan(0);
      sayGap(result);
      expect(Object.keys(result.versions)).toEqual([version]);
      const last = Math.max(...result.requests.map((request) => request.endedAt));
      expect(result.failed.filter((request) => request.sentAt > last - 1000)).toEqual([]);
      const after = new Set(result.requests.filter((request) => request.sentAt > last - 1000).map((request) => request.instance));
      expect([...after].sort(), "all three take traffic again").toEqual(serving);

      const before = (await instar.containers()).map((one) => one.id);
      await instar.up();
      await expectSteady(instar, "shop/web", { replicas: 3, image: rude(version) });
      expect(
        (await instar.containers()).map((one) => one.id),
        "nothing is replaced because of it",
      ).toEqual(before);
    });
  }
});
