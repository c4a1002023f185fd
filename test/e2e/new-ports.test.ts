import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { startLoad } from "../load/load.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { expectNoLoss } from "./witness.ts";

/** Published ports are no part of an instance: what runs stays, and is led to otherwise. */
let instar: Installation;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
});
afterAll(async () => instar?.wipe());

const file = (...ports: readonly string[]) => ({
  services: {
    web: { image: rude("v1"), ports, deploy: { replicas: 2 }, "x-instar": { ready: { http: "/healthz", timeout: "3s" }, drain: "1s" } },
  },
});
const status = async (at: number): Promise<number> => (await fetch(`http://127.0.0.1:${at}/`, { headers: { connection: "close" } })).status;
const ids = async (): Promise<readonly string[]> => (await instar.running("web")).map(({ id }) => id).sort();

describe("a port that changes", () => {
  it("is served by what runs, before its deployment has succeeded", async () => {
    await instar.apply("shop", file(`${port}:8080`));
    const before = await ids();
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, app: "rude", webSockets: 0, slowMs: 300 });
    const second = await freePort();
    const { code, deployments, stderr } = await instar.apply("shop", file(`${port}:8080`, `${second}:8080`));
    expect([code, deployments.map(({ outcome }) => outcome)], stderr).toEqual([0, ["succeeded"]]);
    expect(await status(second)).toBe(200);
    expectNoLoss(await load.stop());
    expect(await ids()).toEqual(before);
  });

  it("goes back where nobody answers, and what is served goes on", async () => {
    const before = await ids();
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, app: "rude", webSockets: 0, slowMs: 300 });
    const { code, deployments } = await instar.apply("shop", file(`${port}:3000`));
    expect([code, deployments.map(({ outcome }) => outcome)]).toEqual([1, ["rolled-back"]]);
    expect(deployments[0]?.reason).toMatch(/INS5001.*3000/);
    expectNoLoss(await load.stop());
    expect(await ids()).toEqual(before);
    expect(await status(port)).toBe(200);
  });
});
