import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Installation } from "./installation.ts";
import { until } from "./until.ts";

const word = (): string => `word-${randomBytes(9).toString("hex")}`;
const [OLD, NEW, CONFIG, OUTSIDE] = [word(), word(), word(), word()];
const SCRIPT = `ls -ln /run/secrets/ /etc/app.conf /start.sh
cat /run/secrets/password; cat /etc/app.conf; /start.sh
for file in /run/secrets/password /etc/app.conf; do (echo broken > $$file) 2>&1; rm -f $$file 2>&1; done
cat /run/secrets/password; echo end-of-report
exec sleep 100000`;

let instar: Installation;
let folder: string;
beforeAll(async () => {
  instar = await Installation.start();
  folder = mkdtempSync(join(tmpdir(), "instar-secrets-"));
  writeFileSync(join(folder, "start.sh"), "#!/bin/sh\necho started as a config\n", { mode: 0o700 });
});
afterAll(async () => {
  await instar?.wipe();
  rmSync(folder, { recursive: true, force: true });
});

const file = (external = false) => ({
  services: {
    web: {
      image: "instar/base:node24",
      command: ["sh", "-c", SCRIPT],
      restart: "always",
      stop_grace_period: "1s",
      secrets: [{ source: "password", uid: "103", gid: "104", mode: 0o440 }],
      configs: [{ source: "app", target: "/etc/app.conf" }, "start.sh"],
    },
  },
  secrets: { password: external ? { external: true, name: "outside" } : { file: join(folder, "password") } },
  configs: { app: { content: `value = ${CONFIG}\n` }, "start.sh": { file: join(folder, "start.sh") } },
});
const apply = async (secret: string) => {
  writeFileSync(join(folder, "password"), `${secret}\n`, { mode: 0o600 });
  return instar.apply("keep", file());
};
/** What the running instance has written, once it has written all, at least `times` times. */
const report = (times = 1) =>
  until("the instance's report", async () => {
    const [one] = await instar.running("web");
    if (one === undefined) return null;
    const text = (await instar.docker.getContainer(one.id).logs({ stdout: true, stderr: true })).toString("utf8");
    return text.split("end-of-report").length > times ? { one, text } : null;
  });

/** The home's own files, but for the contents themselves: the store, its journal, what a crash would leave. */
const keptText = () =>
  readdirSync(instar.home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^[0-9a-f]{64}\./.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString("latin1"))
    .join("\n");
const withoutWords = (text: string) => {
  for (const one of [OLD, NEW, OUTSIDE])
    for (const form of [one, Buffer.from(one).toString("base64").slice(0, 20), Buffer.from(one).toString("hex")])
      expect(text).not.toContain(form);
};

describe("secrets and configs", () => {
  it("are read-only files with the owner and mode asked for", async () => {
    const { deployments } = await apply(OLD);
    expect(deployments).toMatchObject([{ outcome: "succeeded" }]);
    const { text } = await report();
    expect(text).toMatch(/-r--r-----\s+1 103\s+104\s+.* password/);
    expect(text).toMatch(/-r--r--r--\s+1 0\s+0\s+.* \/etc\/app\.conf/);
    expect(text).toMatch(/-r-xr-xr-x\s+1 0\s+0\s+.* \/start\.sh/);
    expect(text.split(OLD)).toHaveLength(3);
    expect(text).toContain(`value = ${CONFIG}`);
    expect(text).toContain("started as a config");
    expect(text).toMatch(/Read-only file system|read-only/i);
    expect(text).not.toContain("broken\n");
  });

  it("are in no inspect, store, plan, history, event or log", async () => {
    const { one } = await report();
    withoutWords(JSON.stringify(await instar.docker.getContainer(one.id).inspect()));
    writeFileSync(join(folder, "password"), `${NEW}\n`);
    const path = instar.file("keep", file());
    for (const verb of ["plan", "config"]) {
      const { stdout, stderr } = await instar.run(verb, "-f", path, "--stack", "keep", "--json");
      expect(stdout).toContain("password");
      withoutWords(stdout + stderr);
    }
    withoutWords(JSON.stringify([await instar.history("keep/web"), await instar.ask("/v1/events"), await instar.services()]));
    withoutWords(instar.log);
    withoutWords(keptText());
  });

  it("are there when the instance comes back while the daemon is dead", async () => {
    await instar.kill();
    const { one } = await report();
    process.kill(one.pid, "SIGKILL");
    const { one: again, text } = await report(2);
    expect([again.id, again.pid === one.pid]).toEqual([one.id, false]);
    expect(text.split(OLD)).toHaveLength(5);
    await instar.up();
  });

  it("of another content make a new revision, and a rollback brings the old content back", async () => {
    expect((await apply(OLD)).deployments.map(({ outcome }) => outcome)).toEqual(["unchanged"]);
    const { deployments } = await apply(NEW);
    expect(deployments.map(({ outcome, to }) => [outcome, to])).toEqual([["succeeded", 2]]);
    expect((await report()).text.split(NEW)).toHaveLength(3);
    await instar.moved("rollback", "keep/web", "--to", "1");
    expect((await report()).text.split(OLD)).toHaveLength(3);
    withoutWords(keptText());
  });

  it("may stand on the daemon's host: missing is an error that names the path", async () => {
    const path = instar.file("keep", file(true));
    const refused = await instar.refused("up", "-f", path, "--stack", "keep", "--unpin");
    const place = join(instar.home, "external/secrets/outside");
    expect(refused).toMatchObject({ exit: 65, code: "INS1031", message: expect.stringContaining(place) });
    mkdirSync(join(instar.home, "external/secrets"), { recursive: true });
    writeFileSync(place, `${OUTSIDE}\n`, { mode: 0o600 });
    expect((await instar.apply("keep", file(true), "--unpin")).code).toBe(0);
    expect((await report()).text.split(OUTSIDE)).toHaveLength(3);
    rmSync(place);
    withoutWords(keptText());
  });
});
