import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DriftView, SuggestionView } from "../../src/reconcile/drift-control.ts";
import { startLoad } from "../load/load.ts";
import { docker } from "./docker-command.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeService } from "./stacks.ts";
import { until } from "./until.ts";
import { expectNoLoss } from "./witness.ts";

let instar: Installation;
let port: number;
beforeAll(async () => {
  instar = await Installation.start({ env: { INSTAR_LOOK: "1s" } });
  port = await freePort();
});
afterAll(async () => instar?.wipe());

const stack = (immutable: "enforce" | "detect", more: object = {}): object => {
  const web = rudeService({ port, replicas: 3, drain: "2s", more }) as { "x-instar": object };
  return { services: { web: { ...web, "x-instar": { ...web["x-instar"], immutable, scratch: ["/tmp"] } } } };
};

const drift = (): Promise<DriftView> => instar.ask("/v1/drift");
const names = async (): Promise<string[]> => (await instar.running("web")).map(({ name }) => name).sort();

describe("immutable: enforce", () => {
  it("the root is read-only, scratch is not, and nobody gains privileges", async () => {
    const { code, stderr } = await instar.apply("shop", stack("enforce"));
    expect(code, stderr).toBe(0);
    const [name = ""] = await names();
    const { HostConfig } = await instar.docker.getContainer(name).inspect();
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, SecurityOpt: ["no-new-privileges"], Tmpfs: { "/tmp": "" } });
  });

  it("who enters each of three instances in turn gets three fresh ones, no request fails, and history says why", async () => {
    const entered = await names();
    const load = await startLoad({ url: `http://127.0.0.1:${port}`, app: "rude", rate: 100, webSockets: 2 });
    for (const name of entered) {
      await docker("exec", name, "sh", "-c", "echo was here > /tmp/mark");
      await until(`${name} to be replaced`, async () => {
        const now = await names();
        return !now.includes(name) && now.length === 3 && (await instar.latest("shop/web")).outcome === "succeeded";
      });
    }
    const report = await load.stop();
    expectNoLoss(report);
    const { deployments } = await instar.history("shop/web");
    const healing = deployments.filter(({ cause }) => cause.kind === "drift");
    expect(healing.map(({ outcome }) => outcome)).toEqual(["succeeded", "succeeded", "succeeded"]);
    const reasons = healing.map(({ reason }) => reason ?? "").toReversed();
    for (const [index, name] of entered.entries())
      expect(reasons[index]).toBe(`${name} is tainted: exec by a client of the engine: sh -c echo was here > /tmp/mark`);
    expect((await drift()).instances.map(({ verdict }) => verdict)).toEqual(["none", "none", "none"]);
  });

  it("under detect an application that writes is named with its paths, in suggest and in plan", async () => {
    const writes = { volumes: ["/var/lib/writable"], environment: { GENERATION: "2" } };
    const { code, stderr } = await instar.apply("shop", stack("detect", writes));
    expect(code, stderr).toBe(0);
    const [name = ""] = await names();
    await docker("exec", name, "sh", "-c", "mkdir -p /var/cache/app && echo x > /var/cache/app/page");
    const suggested = await until("the path to be suggested", async () => {
      const found = await instar.ask<SuggestionView>("/v1/stacks/shop/services/web/suggest");
      return found.scratch.length > 0 && found;
    });
    expect(suggested.lines.join("\n")).toContain("scratch: [/var/cache/app]");
    const { stdout, code: planned } = await instar.run(
      "plan",
      "-f",
      instar.file("shop", stack("enforce", writes)),
      "--stack",
      "shop",
      "--json",
    );
    expect(planned).toBe(2);
    expect(stdout).toContain("/var/cache/app");
  });

  it("heal --keep: out of rotation, kept for a while, its layer as a tar; another fills its slot", async () => {
    const tainted = (await drift()).instances.filter(({ verdict }) => verdict === "tainted").map(({ name }) => name);
    const { code, deployments, stderr } = await instar.deployments("heal", "shop/web", "--keep", "--for", "15s");
    expect(code, stderr).toBe(0);
    expect(deployments.map(({ cause, outcome }) => [cause.kind, outcome])).toEqual([["drift", "succeeded"]]);
    const views = await instar.instances();
    expect(views.filter(({ phase }) => phase === "quarantined").map((one) => one.name)).toEqual(tainted);
    expect(views.filter(({ phase }) => phase === "serving")).toHaveLength(3);
    const [name = ""] = tainted;
    const exported = await instar.run("drift", "export", name, "-o", "layer.tar");
    expect(exported.code, exported.stderr).toBe(0);
    expect(execFileSync("tar", ["-tf", `${instar.home}/files/layer.tar`], { encoding: "utf8" })).toContain("./var/cache/app/page");
    await until("its time to be over", async () => (await instar.instances()).every((one) => one.name !== name));
  });
});
