import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Difference, VerifyView } from "../../src/reconcile/verify-control.ts";
import { rude } from "../apps/images.ts";
import { docker } from "./docker-command.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeService } from "./stacks.ts";
import { until } from "./until.ts";

const TAG = "shop/moving:latest";

let instar: Installation;
beforeAll(async () => {
  instar = await Installation.start();
  await docker("tag", rude("v1"), TAG);
  const more = {
    environment: { MODE: "calm", DB_PASSWORD: "hush" },
    tmpfs: ["/run/scratch"],
    volumes: ["data:/data"],
    configs: ["settings"],
    cap_drop: ["NET_RAW"],
    mem_limit: "256m",
    healthcheck: { test: ["CMD", "true"], interval: "30s" },
  };
  const web = { ...rudeService({ port: await freePort(), replicas: 1, image: TAG, drain: "1s" }), ...more };
  const file = { services: { web }, volumes: { data: {} }, configs: { settings: { content: "calm = true\n" } } };
  const { code, stderr } = await instar.apply("shop", file);
  expect(code, stderr).toBe(0);
});
afterAll(async () => {
  await instar?.wipe();
  await docker("rmi", TAG).catch(() => undefined);
});

const verify = async (): Promise<{ code: number; view: VerifyView; differences: readonly Difference[] }> => {
  const { code, stdout, stderr } = await instar.run("verify", "shop/web", "--json");
  if (stdout === "") throw new Error(stderr);
  const view = JSON.parse(stdout) as VerifyView;
  return { code, view, differences: view.attestation.instances.flatMap(({ differences }) => differences) };
};
const details = (found: readonly Difference[], kind: Difference["kind"]): string =>
  found
    .filter((one) => one.kind === kind)
    .map(({ detail }) => detail)
    .join("\n");
const only = async () => {
  const [one] = await instar.running("web");
  if (one === undefined) throw new Error("nothing runs");
  return one;
};
/** The instance is gone, and somebody's own container stands in its place, with its labels and name; `change` is what he does otherwise. */
const impersonate = async (change: (body: Docker.ContainerCreateOptions) => void): Promise<void> => {
  await instar.kill();
  const { id, name } = await only();
  const seen = await instar.docker.getContainer(id).inspect();
  await docker("rm", "-f", id);
  const networks = Object.entries(seen.NetworkSettings.Networks).map(([key, { IPAMConfig, Aliases }]) => [key, { IPAMConfig, Aliases }]);
  const body = {
    ...seen.Config,
    name,
    Hostname: "",
    HostConfig: seen.HostConfig,
    NetworkingConfig: { EndpointsConfig: Object.fromEntries(networks) },
  };
  change(body as Docker.ContainerCreateOptions);
  const made = await instar.docker.createContainer(body as Docker.ContainerCreateOptions);
  await made.start();
  await instar.up();
  await until("it to be taken for an instance", async () => (await instar.instances()).some((one) => one.name === name));
};

describe("instar verify", () => {
  it("proves what runs, and signs it", async () => {
    const { code, view, differences } = await verify();
    expect([differences, code, view.attestation.proven]).toEqual([[], 0, true]);
    expect(view.attestation.instances).toMatchObject([{ onDisk: true }]);
    const [kept, changed, key] = ["kept.json", "changed.json", "key.pem"].map((name) => join(instar.home, "files", name));
    writeFileSync(kept ?? "", JSON.stringify(view));
    writeFileSync(changed ?? "", JSON.stringify({ ...view, attestation: { ...view.attestation, at: view.attestation.at + 1 } }));
    writeFileSync(key ?? "", (await instar.run("verify", "--key")).stdout);
    expect((await instar.run("verify", "--check", kept ?? "", "--with", key ?? "")).code).toBe(0);
    expect((await instar.run("verify", "--check", changed ?? "", "--with", key ?? "")).code).toBe(1);
  });

  it("finds files planted through the host's overlay directories: the instance's own and the image's", async () => {
    const { GraphDriver } = await instar.docker.getContainer((await only()).id).inspect();
    const { UpperDir = "", LowerDir = "" } = GraphDriver.Data as Record<string, string>;
    const lower = LowerDir.split(":").filter((path) => !path.endsWith("-init/diff"));
    writeFileSync(join(UpperDir, "planted"), "evil");
    const image = join(lower.at(-1) ?? "", "planted-below");
    writeFileSync(image, "evil");
    const { code, differences } = await verify();
    rmSync(image);
    expect(code).toBe(1);
    expect(details(differences, "layer")).toMatch(/A \/planted$/m);
    expect(details(differences, "layer")).toMatch(/\/planted-below of the image was changed/);
    await instar.moved("recycle", "shop/web");
  });

  it("finds who entered through instar exec, with the reason; the exit code is the command's", async () => {
    expect((await verify()).differences).toEqual([]);
    expect(await instar.run("exec", "shop/web", "--", "true")).toMatchObject({ code: 64, stderr: expect.stringContaining("INS2039") });
    const { code, stdout } = await instar.run("exec", "shop/web", "--reason", "the pool is stuck", "--", "sh", "-c", "echo within; exit 5");
    expect([code, stdout]).toEqual([5, "within\n"]);
    const touched = await until("the touch", async () => {
      const { differences } = await verify();
      return differences.length > 0 ? differences : null;
    });
    expect(details(touched, "history")).toMatch(/exec by .*\(the pool is stuck\): sh -c echo within; exit 5/);
    await instar.moved("recycle", "shop/web");
  });

  it("finds another image under the same tag", async () => {
    await docker("tag", rude("v2"), TAG);
    await impersonate((body) => {
      body.Image = TAG;
    });
    const { code, differences } = await verify();
    expect(code).toBe(1);
    expect(details(differences, "image")).toMatch(/it runs .* revision 1 is/);
    expect(details(differences, "history")).toMatch(/no record of having started/);
    await docker("tag", rude("v1"), TAG);
    await instar.moved("recycle", "shop/web");
  });

  it("finds a container with our labels that somebody made with another environment", async () => {
    await impersonate((body) => {
      body.Env = [...(body.Env ?? []).filter((line) => !line.startsWith("MODE=")), "MODE=wild", "LD_PRELOAD=/evil.so"];
      body.HostConfig = { ...body.HostConfig, ExtraHosts: ["registry.example:10.9.9.9"] };
    });
    const { code, differences } = await verify();
    expect(code).toBe(1);
    const said = details(differences, "configuration");
    expect(said).toContain("Env.MODE: calm was made, wild is there");
    expect(said).toContain("Env.LD_PRELOAD: nothing was made, /evil.so is there");
    expect(said).toContain("HostConfig.ExtraHosts");
    expect(said).not.toContain("hush");
    await instar.moved("recycle", "shop/web");
  });

  it("finds a removed row and a cut tail of the event log, and the daemon's log has what was cut", async () => {
    expect((await instar.run("audit")).code).toBe(0);
    const sql = (text: string): void => {
      const file = new Database(join(instar.home, "instar.db"));
      file.exec(text);
      file.close();
    };
    const before = new Database(join(instar.home, "instar.db"), { readonly: true });
    const { seq } = before.prepare("SELECT max(seq) AS seq FROM events").get() as { seq: number };
    const row = before.prepare("SELECT * FROM events WHERE seq = 5").get() as Record<string, unknown>;
    before.close();
    sql("DELETE FROM events WHERE seq = 5");
    const gap = await verify();
    expect(gap.code).toBe(1);
    expect(gap.view.attestation.log.faults).toMatchObject([{ message: "event 5 was removed" }]);
    const back = new Database(join(instar.home, "instar.db"));
    back
      .prepare(
        `INSERT INTO events (${Object.keys(row).join()}) VALUES (${Object.keys(row)
          .map(() => "?")
          .join()})`,
      )
      .run(...Object.values(row));
    back.close();
    expect((await instar.run("audit")).code).toBe(0);

    await instar.kill("SIGTERM");
    const log = join(instar.home, "files", "daemon.log");
    writeFileSync(log, instar.log);
    const kept = new Database(join(instar.home, "instar.db"), { readonly: true });
    const last = kept.prepare("SELECT max(seq) AS seq FROM events").get() as { seq: number };
    kept.close();
    sql(`DELETE FROM events WHERE seq > ${last.seq - 3}`);
    await instar.up();
    const cut = await verify();
    expect(cut.code).toBe(1);
    expect(JSON.stringify(cut.view.attestation.log.faults)).toMatch(new RegExp(`events ${last.seq - 2} to ${last.seq} were removed`));
    const audited = await instar.run("audit", "--log", log);
    expect([audited.code, audited.stdout]).toEqual([1, expect.stringMatching(/which the daemon's log saw, is not in the event log/)]);
    expect(last.seq).toBeGreaterThanOrEqual(seq);
  });
});
