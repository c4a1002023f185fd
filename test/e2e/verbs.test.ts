import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeploymentView, EventView, InstanceView, ServiceView } from "../../src/reconcile/control.ts";
import { rude } from "../apps/images.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeService, rudeStack } from "./stacks.ts";
import { expectSteady } from "./steady.ts";
import { until } from "./until.ts";

let instar: Installation;
let port: number;
const SERVICE = "shop/web";
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
});
afterAll(async () => instar?.wipe());

const stack = (more: object = {}) => rudeStack({ port, replicas: 2, drain: "1s", ...more });
const ids = async (): Promise<readonly string[]> => (await instar.running("web")).map((one) => one.id).sort();

describe("up", () => {
  it("makes the system equal to the file, and the deployment has the shape of the contract", async () => {
    const { code, deployments } = await instar.apply("shop", stack());
    expect(code).toBe(0);
    expect(deployments).toHaveLength(1);
    const [deployment] = deployments;
    expect(deployment).toMatchObject({
      stack: "shop",
      service: "web",
      from: null,
      to: 1,
      strategy: "rolling",
      outcome: "succeeded",
      reason: null,
    });
    expect(deployment?.cause.kind).toBe("up");
    expect(deployment?.cause.who.length).toBeGreaterThan(0);
    expect(deployment?.seconds).toBeGreaterThan(0);
    for (const step of deployment?.steps ?? [])
      expect(Object.keys(step)).toEqual(expect.arrayContaining(["at", "do", "instance", "because"]));
  });

  it("of an equal file does nothing", async () => {
    const before = await ids();
    const { code, deployments } = await instar.apply("shop", stack());
    expect(code).toBe(0);
    expect(deployments.filter((one) => one.outcome !== "unchanged")).toEqual([]);
    expect(await ids()).toEqual(before);
  });

  it("of a file that changes only what reaches no container makes a revision and replaces nothing", async () => {
    const before = await ids();
    const { code } = await instar.apply("shop", stack({ drain: "2s" }));
    expect(code).toBe(0);
    expect(await ids()).toEqual(before);
    expect((await instar.history(SERVICE)).revisions).toHaveLength(2);
    await instar.apply("shop", stack());
    expect(await ids()).toEqual(before);
  });

  it("keeps what a verb has set since, and lists it", async () => {
    await instar.moved("deploy", SERVICE, "--image", rude("v2"));
    const again = await instar.run("up", "-f", instar.file("shop", stack({ environment: { COLOUR: "red" } })), "--stack", "shop", "--json");
    expect(again.code, again.stderr).toBe(0);
    expect((JSON.parse(again.stdout) as { kept: string[] }).kept.join()).toMatch(/image/);
    await expectSteady(instar, SERVICE, { replicas: 2, image: rude("v2") });
    for (const one of await instar.running("web")) expect(one.environment).toContain("COLOUR=red");
    await instar.apply("shop", stack(), "--force-file");
    await expectSteady(instar, SERVICE, { replicas: 2, image: rude("v1") });
  });

  it("reports a service that has left the file, and removes it only with --prune", async () => {
    const both = {
      services: {
        web: (stack() as { services: { web: object } }).services.web,
        side: rudeService({ port: await freePort(), replicas: 1, drain: "1s" }),
      },
    };
    await instar.apply("shop", both);
    await instar.apply("shop", stack());
    expect(await instar.running("side")).toHaveLength(1);
    await instar.apply("shop", stack(), "--prune");
    await until("the pruned service to go", async () => (await instar.running("side")).length === 0);
  });
});

describe("plan", () => {
  it("says what up would do, exits 2, and changes nothing; 0 when there is nothing to do", async () => {
    const before = await ids();
    const planned = await instar.run("plan", "-f", instar.file("shop", stack({ image: "v3" })), "--stack", "shop", "--json");
    expect(planned.code, planned.stderr).toBe(2);
    expect(planned.stdout).toContain(rude("v3"));
    expect(await ids()).toEqual(before);
    const nothing = await instar.run("plan", "-f", instar.file("shop", stack()), "--stack", "shop", "--json");
    expect(nothing.code, nothing.stdout + nothing.stderr).toBe(0);
  });
});

describe("looking", () => {
  it("ps, services, stacks, history, diff, events, logs, doctor answer in the shapes of the contract", async () => {
    const { instances } = await instar.json<{ instances: InstanceView[] }>("ps");
    expect(instances).toHaveLength(2);
    for (const one of instances) {
      expect(one).toMatchObject({ stack: "shop", service: "web", image: rude("v1"), phase: "serving", drift: "none" });
      expect(one.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(one.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      expect(one.weight).toBeGreaterThan(0);
    }
    const { services } = await instar.json<{ services: ServiceView[] }>("services");
    expect(services.find((one) => one.service === "web")).toMatchObject({ replicas: { wanted: 2, serving: 2 } });
    const { stacks } = await instar.json<{ stacks: { name: string }[] }>("stacks");
    expect(stacks.map((one) => one.name)).toEqual(["shop"]);
    const { deployments } = await instar.json<{ deployments: DeploymentView[] }>("history", "web");
    const numbers = deployments.map((one) => Number(one.id.slice(1)));
    expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
    const diff = await instar.run("diff", SERVICE, "1", "2", "--json");
    expect(diff.code, diff.stderr).toBe(0);
    expect(diff.stdout).toContain("drain");
    const { events } = await instar.json<{ events: EventView[] }>("events");
    expect(events.length).toBeGreaterThan(5);
    const logs = await instar.run("logs", SERVICE);
    expect(logs.stdout).toContain("listening on 8080");
    expect((await instar.run("doctor", "--json")).code).toBe(0);
  });
});

describe("moving", () => {
  it("redeploy of the same digest, and recycle, give fresh instances of the same revision", async () => {
    for (const verb of ["redeploy", "recycle"]) {
      const before = await ids();
      const moved = await instar.moved(verb, SERVICE);
      expect(moved.from, verb).toBe(moved.to);
      const after = await ids();
      expect(
        after.filter((id) => before.includes(id)),
        verb,
      ).toEqual([]);
    }
  });

  it("scale makes no revision, stop and start keep it", async () => {
    const { revisions } = await instar.history(SERVICE);
    await instar.moved("scale", SERVICE, "4");
    await expectSteady(instar, SERVICE, { replicas: 4, image: rude("v1") });
    await instar.moved("scale", SERVICE, "2");
    await instar.moved("stop", SERVICE);
    expect(await instar.running("web")).toEqual([]);
    await instar.moved("start", SERVICE);
    await expectSteady(instar, SERVICE, { replicas: 2, image: rude("v1") });
    expect((await instar.history(SERVICE)).revisions).toHaveLength(revisions.length);
  });

  it("a newer deploy supersedes the running one: the newest wins", async () => {
    const first = await instar.json<{ deployments: DeploymentView[] }>("deploy", SERVICE, "--image", rude("slowstart"), "--detach");
    await instar.json("deploy", SERVICE, "--image", rude("v3"), "--detach");
    const last = await instar.moved("deploy", SERVICE, "--image", rude("v2"));
    await expectSteady(instar, SERVICE, { replicas: 2, image: rude("v2") });
    const { deployments } = await instar.history(SERVICE);
    expect(deployments[0]?.id).toBe(last.id);
    expect(deployments.find((one) => one.id === first.deployments[0]?.id)?.outcome).toBe("superseded");
    expect(deployments[1]?.outcome).toBe("superseded");
  });

  it("pause holds a deployment, resume lets it go on", async () => {
    const { deployments } = await instar.json<{ deployments: DeploymentView[] }>(
      "deploy",
      SERVICE,
      "--image",
      rude("slowstart"),
      "--detach",
    );
    const id = deployments[0]?.id ?? "";
    await instar.json("pause", id);
    expect((await instar.latest(SERVICE)).outcome).toBe("paused");
    expect((await instar.instances()).some((one) => one.image === rude("v2") && one.phase === "serving")).toBe(true);
    await instar.json("resume", id);
    await expectSteady(instar, SERVICE, { replicas: 2, image: rude("slowstart") });
    expect((await instar.latest(SERVICE)).outcome).toBe("succeeded");
  });

  it("abort takes it back", async () => {
    const { deployments } = await instar.json<{ deployments: DeploymentView[] }>("deploy", SERVICE, "--image", rude("v1"), "--detach");
    await instar.run("abort", deployments[0]?.id ?? "", "--json");
    await until("the aborted deployment to end", async () => (await instar.latest(SERVICE)).outcome !== "running");
    expect((await instar.latest(SERVICE)).outcome).toBe("aborted");
    await expectSteady(instar, SERVICE, { replicas: 2, image: rude("slowstart") });
  });

  it("down removes what is ours, and volumes only when asked", async () => {
    await instar.apply("kept", {
      services: { web: rudeService({ port: await freePort(), replicas: 1, drain: "1s", more: { volumes: ["ledger:/data"] } }) },
      volumes: { ledger: {} },
    });
    await instar.json("down", "kept");
    expect((await instar.docker.listVolumes()).Volumes.map((one) => one.Name)).toContain("kept_ledger");
    await instar.json("down", "kept", "--volumes");
    expect((await instar.docker.listVolumes()).Volumes.map((one) => one.Name)).not.toContain("kept_ledger");
    const { code, stdout } = await instar.run("down", "shop");
    expect(code).toBe(0);
    for (const what of ["drain", "stop", "remove"])
      expect(stdout).toMatch(new RegExp(`^shop/web {2}${what} shop-web-r\\d+-1-a\\d+: `, "m"));
    expect(stdout).toMatch(/^removed shop-web-r\d+-1-a\d+$/m);
    expect(await instar.running()).toEqual([]);
  });
});
