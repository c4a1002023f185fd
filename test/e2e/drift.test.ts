import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DriftView, InstanceDrift } from "../../src/reconcile/drift-control.ts";
import { docker } from "./docker-command.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeService } from "./stacks.ts";
import { until } from "./until.ts";

/** `detect` with a volume that all share, and a healthcheck of the image's kind that runs every second. */
const STACK = (port: number) => ({
  services: {
    web: {
      ...rudeService({ port, replicas: 3, drain: "1s" }),
      volumes: ["shared:/shared"],
      tmpfs: ["/scratch"],
      healthcheck: { test: "true && echo probed", interval: "1s" },
    },
  },
  volumes: { shared: { "x-instar": { shared: true } } },
});

let instar: Installation;
let image = "";
const delays: string[] = [];
beforeAll(async () => {
  instar = await Installation.start({ env: { INSTAR_LOOK: "1s" } });
  const port = await freePort();
  const { code, stderr } = await instar.apply("shop", STACK(port));
  expect(code, stderr).toBe(0);
  image = (rudeService({ port }) as { image: string }).image;
});
afterAll(async () => {
  console.log(`from the command's end to drift over the API: ${delays.join(", ")}`);
  await instar?.wipe();
});

const drift = (): Promise<DriftView> => instar.ask("/v1/drift");
const first = async (): Promise<string> => {
  const [name = ""] = (await instar.running("web")).map((one) => one.name).sort();
  return name;
};

/** The cause of this kind that was not there before. */
async function shows(kind: string, detail: RegExp, work: (name: string) => Promise<unknown>): Promise<InstanceDrift> {
  const name = await first();
  const before = new Set((await drift()).instances.flatMap((one) => one.causes.map((cause) => JSON.stringify(cause))));
  await work(name);
  const since = performance.now();
  const found = await until(`a ${kind} of ${name} to show`, async () =>
    (await drift()).instances.find(({ causes }) =>
      causes.some((cause) => cause.kind === kind && detail.test(cause.detail) && !before.has(JSON.stringify(cause))),
    ),
  );
  delays.push(`${kind} ${Math.round(performance.now() - since)} ms`);
  return found;
}

const upper = async (name: string): Promise<string> => (await docker("inspect", "--format", "{{.GraphDriver.Data.UpperDir}}", name)).trim();

describe("what somebody does to a running instance with plain docker", () => {
  it("ordinary life is no drift: healthchecks, a declared volume, tmpfs, copying out", async () => {
    const name = await first();
    await docker("cp", `${name}:/etc/hostname`, join(instar.home, "files", "out"));
    await until("two looks", async () =>
      (await drift()).instances.every(({ causes, verdict }) => verdict === "none" && causes.length <= 1),
    );
    const { instances, gaps } = await drift();
    expect(instances.map(({ verdict }) => verdict)).toEqual(["none", "none", "none"]);
    expect(gaps).toEqual([]);
    expect(instances.flatMap(({ causes }) => causes.map(({ kind, detail }) => `${kind} ${detail}`))).toEqual([
      "copy files were copied out of it",
    ]);
  });

  it("a file written into the layer from the host: changed, and a second edit shows again", async () => {
    const layer = await upper(await first());
    const one = await shows("write", /A \/planted/, async () => writeFileSync(join(layer, "planted"), "a\n"));
    expect(one.verdict).toBe("changed");
    await shows("write", /A \/planted/, async () => writeFileSync(join(layer, "planted"), "b\n"));
  });

  it.each([
    ["hosts", "HostsPath"],
    ["resolv.conf", "ResolvConfPath"],
    ["hostname", "HostnamePath"],
  ])("an edited /etc/%s", async (name, key) => {
    const path = (await docker("inspect", "--format", `{{.${key}}}`, await first())).trim();
    const { verdict } = await shows("managed-file", new RegExp(`/etc/${name}$`), async () => appendFileSync(path, "# elsewhere\n"));
    expect(verdict).toBe("changed");
  });

  it.each<[string, string, RegExp, (name: string) => Promise<unknown>]>([
    ["exec", "exec", /^sh -c echo hello$/, (name) => docker("exec", name, "sh", "-c", "echo hello")],
    ["exec of what is not there", "exec", /^nosuchprogram$/, (name) => docker("exec", name, "nosuchprogram").catch(() => "")],
    ["cp in", "copy", /copied into/, (name) => docker("cp", "/etc/hostname", `${name}:/tmp/copied`)],
    ["the file it copied", "write", /A \/tmp\/again/, (name) => docker("cp", "/etc/hostname", `${name}:/tmp/again`)],
    ["a deletion", "write", /D \/etc\/passwd|D \/etc\/group/, (name) => docker("exec", name, "rm", "-f", "/etc/passwd", "/etc/group")],
    ["update", "update", /limits/, (name) => docker("update", "--restart", "always", name)],
    ["what the update changed", "update", /RestartPolicy is/, (name) => docker("update", "--restart", "no", name)],
    ["pause", "pause", /paused/, async (name) => [await docker("pause", name), await docker("unpause", name)]],
    ["network connect", "network", /connected to bridge/, (name) => docker("network", "connect", "bridge", name)],
    ["network disconnect", "network", /disconnected from bridge/, (name) => docker("network", "disconnect", "bridge", name)],
    [
      "a foreign container on the volume",
      "mount",
      /shop_shared was mounted read-write/,
      () => docker("run", "--rm", "--network", "none", "-v", "shop_shared:/mnt", "--entrypoint", "true", image),
    ],
    ["rename", "rename", /→ renamed-by-hand/, (name) => docker("rename", name, "renamed-by-hand")],
  ])("%s", async (_, kind, detail, work) => {
    const found = await shows(kind, detail, work);
    expect(found.verdict).toBe("tainted");
  });

  it("drift --json and ps say the same, and the event log has each touch", async () => {
    await until("drift and ps to say the same", async () => {
      const { stdout } = await instar.run("drift", "shop/web", "--json");
      const told = JSON.parse(stdout) as DriftView;
      const verdicts = told.instances.map(({ name, verdict }) => `${name} ${verdict}`);
      return JSON.stringify(verdicts) === JSON.stringify((await instar.instances()).map((one) => `${one.name} ${one.drift}`));
    });
    const { events } = await instar.ask<{ events: { kind: string }[] }>("/v1/events?limit=1000");
    const kinds = new Set(events.map(({ kind }) => kind));
    for (const kind of ["exec", "copy", "update", "rename", "pause", "network", "mount", "found"]) expect(kinds).toContain(`drift.${kind}`);
  });
});
