import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../api/http.ts";
import { type Running, running, TOKEN } from "../api/running.ts";
import { stackSpec } from "../api/stand-in.ts";
import { upRequest } from "../conformance/up-request.ts";
import { run, start } from "./spawn.ts";

// One stand-in for all: each spawn costs a third of a second, and the tests use services of their own.
let r: Running;
const instar = (...args: string[]) => run(args, { INSTAR_HOME: r.home });
const upWith = async (service: string, stack = "shop") => {
  const spec = stackSpec({ [service]: {} }, stack);
  const { deployments } = await r.control.up(upRequest(spec));
  await until(async () => expect((await r.control.deployment(deployments[0]?.id ?? "")).outcome).toBe("succeeded"));
};
beforeAll(async () => {
  r = await running();
  await upWith("web");
});
afterAll(() => r.stop());

const document = (out: string) => {
  expect(out.endsWith("\n")).toBe(true);
  expect(out.trimEnd()).not.toContain("\n");
  return JSON.parse(out);
};

describe("shapes of --json", () => {
  test("deploy gives the ended deployment with its steps, and nothing else", async () => {
    await upWith("shape");
    const { code, out, err } = await instar("deploy", "shop/shape", "--image", "shape:2", "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [deployment, ...more] = document(out).deployments;
    expect(more).toEqual([]);
    expect(deployment).toMatchObject({
      stack: "shop",
      service: "shape",
      from: 1,
      to: 2,
      strategy: "rolling",
      outcome: "succeeded",
      reason: null,
    });
    expect(deployment.cause).toEqual({ kind: "deploy", who: expect.any(String) });
    expect(deployment.seconds).toBeGreaterThan(0);
    expect(deployment.steps[0]).toEqual({ at: expect.any(Number), do: "start", instance: expect.any(String), because: expect.any(String) });
  });

  test("ps and history have the contract's keys", async () => {
    const { instances } = document((await instar("ps", "shop/web", "--json")).out);
    const keys = "address createdAt digest drift id image name phase revision service slot stack weight".split(" ");
    expect(instances).toHaveLength(2);
    expect(Object.keys(instances[0]).sort()).toEqual(keys);
    const history = document((await instar("--json", "history", "web")).out);
    expect(history.deployments.at(-1)).toMatchObject({ from: null, to: 1, cause: { kind: "up", who: "test" } });
    expect(history.revisions[0]).toMatchObject({ number: 1, current: true });
  });

  test("--detach gives the running deployment at once, and it goes on", async () => {
    await upWith("away");
    const { code, out } = await instar("deploy", "away", "--image", "away:slow", "--detach", "--json");
    const [deployment] = document(out).deployments;
    expect({ code, outcome: deployment.outcome }).toEqual({ code: 0, outcome: "running" });
    const paused = document((await instar("pause", deployment.id, "--json")).out);
    expect(paused.deployments[0]).toMatchObject({ id: deployment.id, outcome: "paused" });
    r.control.release();
  });

  test("events and logs are one document a line when they follow", async () => {
    const following = start(["logs", "web", "-f", "--json"], { INSTAR_HOME: r.home });
    await following.saw('"line 3"');
    following.signal("SIGINT");
    const { code, out, err } = await following.ended;
    expect({ code, err }).toEqual({ code: 130, err: "" });
    for (const line of out.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("instance");
    const { events } = document((await instar("events", "--limit", "2", "--json")).out);
    expect(events).toHaveLength(2);
  });
});

describe("exit codes and errors", () => {
  test("a bad version: 1, with reason, exit code and last lines on stderr", async () => {
    await upWith("worse");
    const { code, out, err } = await instar("deploy", "worse", "--image", "worse:bad");
    expect(code).toBe(1);
    expect(out).toContain("shop/worse  give up shop-worse-r2-1");
    expect(err).toMatch(/^error INS5002 shop\/worse r1 → r2 was rolled back after [\d.]+ s: .* ended with exit code 3 → .*\n/);
    expect(err).toContain("  | cannot open /data\n");
  });

  test("a bad version with --json: 1, the deployment on stdout, the error on stderr", async () => {
    const { code, out, err } = await instar("deploy", "worse", "--image", "worse:bad", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(err).error).toMatchObject({
      code: "INS5002",
      message: expect.stringMatching(/^shop\/worse r\d → r\d was rolled back after /),
    });
    expect(document(out).deployments[0]).toMatchObject({
      outcome: "rolled-back",
      evidence: { exitCode: 3, log: ["booting", "cannot open /data"] },
    });
  });

  test.each([
    [["nope"], 64, "INS2001"],
    [["deploy", "web"], 64, "INS2001"],
    [["scale", "web", "many"], 64, "INS2001"],
    [["ps", "--odd"], 64, "INS2001"],
    [["ps", "a/b/c"], 64, "INS2001"],
    [["history", "none"], 1, "INS2002"],
    [["rollback", "web", "--to", "99"], 1, "INS2004"],
    [["abort", "D999"], 1, "INS2005"],
    [["down", "none"], 1, "INS2006"],
  ])("%j is %i %s, in words and in JSON", async (args, code, name) => {
    const [words, json] = await Promise.all([instar(...args), instar(...args, "--json")]);
    expect({ code: words.code, out: words.out }).toEqual({ code, out: "" });
    expect(words.err).toMatch(new RegExp(`^error ${name} .+ → .+\n$`));
    expect({ code: json.code, out: json.out }).toEqual({ code, out: "" });
    expect(JSON.parse(json.err)).toEqual({ error: { code: name, message: expect.any(String), hint: expect.any(String) } });
  });

  test("no daemon: 69; a wrong token: 77; a right one: 0", async () => {
    const nobody = await run(["ps"], { INSTAR_HOME: "/nonexistent" });
    expect(nobody).toMatchObject({
      code: 69,
      out: "",
      err: expect.stringMatching(/^error INS7001 .*nonexistent.* → start it: instar server\n$/),
    });
    expect((await run(["ps"], { INSTAR_URL: "http://127.0.0.1:9" })).code).toBe(69);
    expect(await run(["ps"], { INSTAR_URL: r.url })).toMatchObject({ code: 77, err: expect.stringMatching(/^error INS7002 /) });
    expect((await run(["ps"], { INSTAR_URL: r.url, INSTAR_TOKEN: "wrong" })).code).toBe(77);
    expect((await run(["ps"], { INSTAR_URL: `${r.url}/`, INSTAR_TOKEN: TOKEN })).code).toBe(0);
  });

  test("Ctrl-C only detaches, and says what goes on", async () => {
    await upWith("long");
    const following = start(["deploy", "long", "--image", "long:slow"], { INSTAR_HOME: r.home });
    await following.saw("start shop-long-r2-1");
    following.signal("SIGINT");
    const { code, err } = await following.ended;
    expect(code).toBe(130);
    expect(err).toMatch(/^detached; D\d+ goes on: instar history shop\/long\n$/);
    const [deployment] = (await r.control.history({ stack: "shop", service: "long" })).deployments;
    expect(deployment?.outcome).toBe("running");
    r.control.release();
  });

  test("what is followed is shown and let in; images are shown and let go", async () => {
    expect((await instar("watch")).out).toMatch(/shop\/web +registry.example\/shop\/web:1.4 +waiting-for-approval +1.4 abababababab/);
    expect(await instar("approve", "shop/web", "--detach")).toMatchObject({ code: 0 });
    expect(r.control.autoredeploy.approvals).toEqual([expect.stringMatching(/^shop\/web by /)]);
    expect(await instar("approve", "shop/web")).toMatchObject({ code: 1, err: expect.stringContaining("INS2042") });
    expect((await instar("images")).out).toMatch(/r2 \* .*present.*\n.*r1 .*pullable/);
    expect((await instar("prune", "--dry-run")).out).toMatch(/^would remove registry.example\/shop\/web@sha256/);
    expect((await instar("prune")).out).toMatch(/^removed registry.example.*\n1.0 KiB of saved images freed\n/);
    expect(r.control.images.pruned.map(({ dryRun }) => dryRun)).toEqual([true, false]);
  });

  test("an ambiguous name asks for the stack", async () => {
    await upWith("twin", "shop");
    await upWith("twin", "office");
    expect(await instar("history", "twin")).toMatchObject({ code: 64, err: expect.stringContaining("INS2003") });
    expect((await instar("history", "office/twin")).code).toBe(0);
  });
});

describe("for people", () => {
  test("tables are aligned and without colour off a terminal", async () => {
    const { out } = await instar("ps", "shop/web");
    const [head = "", ...rows] = out.trimEnd().split("\n");
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(row.indexOf("shop/web")).toBe(head.indexOf("SERVICE"));
    expect(out).not.toContain("\u001b");
  });

  test("each verb's help has an example; the list has every verb", async () => {
    const list = await instar("--help");
    expect(list).toMatchObject({ code: 0, err: "" });
    const verbs = [...list.out.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map((match) => match[1] ?? "");
    expect(verbs).toEqual(expect.arrayContaining(["up", "plan", "ps", "rollback", "doctor", "server"]));
    for (const verb of verbs.filter((name) => name !== "help")) {
      expect((await instar(verb, "--help")).out).toContain(`\nExamples:\n  $ instar ${verb}`);
    }
  });
});

describe("trigger", () => {
  test("create prints the URL and nothing else on stdout; with --hmac the key under it", async () => {
    const plain = await instar("trigger", "create", "shop/web");
    expect(plain).toMatchObject({ code: 0, out: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/hooks\/t\d+\/s{43}\n$/) });
    expect(plain.err).toMatch(/not shown again/);
    const hmac = await instar("trigger", "create", "web", "--hmac", "--name", "github");
    expect(hmac.out.split("\n")).toEqual([expect.stringContaining("/hooks/"), "k".repeat(64), ""]);
  });

  test("scale-up takes its numbers; ls shows what there is, never a secret; rm ends one", async () => {
    const made = document((await instar("trigger", "create", "web", "--kind", "scale-up", "--by", "2", "--max", "9", "--json")).out);
    expect(made.trigger).toMatchObject({ kind: "scale-up", by: 2, most: 9 });
    const { out } = await instar("trigger", "ls", "shop/web");
    expect(out).toMatch(/\+2, to 9/);
    expect(out).not.toContain("sss");
    expect((await instar("trigger", "rm", made.trigger.id)).out).toContain(`removed ${made.trigger.id}`);
    const { triggers } = document((await instar("trigger", "ls", "--json")).out);
    expect(triggers.map(({ id }: { id: string }) => id)).not.toContain(made.trigger.id);
  });

  test.each([
    [["trigger", "create"], /trigger create SERVICE/],
    [["trigger", "create", "web", "--kind", "restart"], /no kind of trigger/],
    [["trigger", "create", "web", "--by", "2"], /for --kind scale-up/],
    [["trigger", "poke"], /nothing Instar does/],
  ])("%j is refused", async (args, words) => {
    expect(await instar(...args)).toMatchObject({ code: 64, err: expect.stringMatching(words) });
  });
});

describe("deploy --from", () => {
  test("takes what serves there; one of --image and --from is wanted", async () => {
    await upWith("tried", "uat");
    await upWith("tried", "prod");
    const { code, out } = await instar("deploy", "prod/tried", "--from", "uat/tried", "--json");
    expect(code).toBe(0);
    expect(document(out).deployments[0]).toMatchObject({ stack: "prod", cause: { kind: "deploy" } });
    for (const args of [[], ["--image", "a:1", "--from", "uat/tried"]])
      expect(await instar("deploy", "prod/tried", ...args)).toMatchObject({
        code: 64,
        err: expect.stringMatching(/--image REFERENCE, or --from/),
      });
  });
});
