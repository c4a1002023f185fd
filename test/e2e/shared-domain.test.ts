import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { Installation } from "./installation.ts";
import { killHaproxy } from "./kill-haproxy.ts";
import { LONG } from "./size.ts";
import { until } from "./until.ts";
import { ask, shareOf } from "./versions.ts";

const REQUESTS = LONG ? 20_000 : 1_500;
const OFF = 0.5;
const HOST = "shop.test";

let instar: Installation;
let url: string;
beforeAll(async () => {
  instar = await Installation.start();
  url = `http://127.0.0.1:${instar.env.INSTAR_HTTP_PORT}/`;
});
afterAll(async () => instar?.wipe());

const service = (version: "v1" | "v2" | "v3", weight: number | null, replicas: number): object => ({
  image: rude(version),
  expose: ["8080"],
  deploy: { replicas },
  "x-instar": { domains: [weight === null ? HOST : { domain: HOST, weight }], ready: { http: "/healthz" }, drain: "1s" },
});
/** Web is v1, next is v2 and later v3. */
const file = (web: number | null, next: number | null): object => ({
  services: { web: service("v1", web, 2), next: service("v2", next, 1) },
});

/** Next's share in percent, counted until `work` has ended and over so many requests at least; not one may fail. */
async function nextDuring(work: Promise<unknown>, requests = REQUESTS): Promise<number> {
  let ended = false;
  const done = work.finally(() => {
    ended = true;
  });
  let [all, next] = [0, 0];
  while (!ended || all < requests) {
    const { share, failed } = await shareOf(url, 500, { host: HOST });
    expect(failed).toEqual([]);
    all += 500;
    next += 5 * ((share.v2 ?? 0) + (share.v3 ?? 0));
  }
  await done;
  return (next * 100) / all;
}
const expectShare = (share: number, wanted: number): void => {
  console.log(`  ${share.toFixed(2)} % for ${wanted} %`);
  expect(Math.abs(share - wanted), `${share} %`).toBeLessThanOrEqual(OFF);
};
const nothing = Promise.resolve();
const shown = async (): Promise<string> => (await instar.run("ps", "shop")).stdout.trim().split("\n").at(-1) ?? "";

describe("two services on one domain", () => {
  it("by weight, while one is scaled and the other redeployed, through a death of the daemon and of the router", async () => {
    expect((await instar.apply("shop", file(90, 10))).code).toBe(0);
    expect(await shown()).toBe(`${HOST}:${instar.env.INSTAR_HTTP_PORT}: shop/next 10 %, shop/web 90 %`);
    const moves = Promise.all([instar.moved("scale", "shop/web", "4"), instar.moved("deploy", "shop/next", "--image", rude("v3"))]);
    expectShare(await nextDuring(moves), 10);

    await instar.kill();
    expectShare(await nextDuring(nothing), 10);
    const before = await instar.router();
    await killHaproxy(before, "master", Number(instar.env.INSTAR_HTTP_PORT)).listening;
    await until("it to answer", async () => (await ask(url, false, { host: HOST }).catch(() => null))?.status === 200);
    expectShare(await nextDuring(nothing), 10);
    await instar.up();
    expectShare(await nextDuring(until("the daemon to see it", async () => (await shown()).includes("shop/next 10 %"))), 10);
  });

  it("other weights replace nothing; who has no instance lends its share; without weights the file is refused", async () => {
    const containers = async () => (await instar.running()).map(({ id }) => id).sort();
    const before = await containers();
    const changed = { services: { web: service("v1", 70, 4), next: service("v3", 30, 1) } };
    expect((await instar.apply("shop", changed)).code).toBe(0);
    expectShare(await nextDuring(nothing), 30);
    expect(await containers()).toEqual(before);

    await nextDuring(instar.moved("scale", "shop/next", "0"), 500);
    expectShare(await nextDuring(nothing, 500), 0);
    expect(await shown()).toContain("shop/next 30 % (now 0 %), shop/web 70 % (now 100 %)");
    await nextDuring(instar.moved("scale", "shop/next", "1"), 500);
    expectShare(await nextDuring(nothing), 30);

    expect(await instar.refused("up", "-f", instar.file("one", file(90, null)), "--stack", "shop")).toMatchObject({
      exit: 65,
      code: "INS1190",
    });
    expect(await instar.refused("up", "-f", instar.file("none", file(null, null)), "--stack", "shop")).toMatchObject({
      exit: 65,
      code: "INS1009",
    });
  });
});
