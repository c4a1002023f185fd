import { stat } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createApi } from "../../src/api/server.ts";
import { upRequest } from "../conformance/up-request.ts";
import { ask, until } from "./http.ts";
import { backup, type Running, running, TOKEN } from "./running.ts";
import { serviceSpec, stackSpec } from "./stand-in.ts";

let r: Running;
beforeEach(async () => {
  r = await running();
});
afterEach(() => r.stop());

const upBody = (more: object = {}) => upRequest(stackSpec({ web: {}, api: {} }), more);
const web = "/v1/stacks/shop/services/web";

async function upAndServing(): Promise<void> {
  expect((await ask(r, "/v1/up", { body: upBody(), socket: true })).status).toBe(200);
  await until(async () => expect((await ask(r, "/v1/services", { socket: true })).json.services[0].state).toBe("running"));
}

describe("moving services", () => {
  test("up begins a deployment for each service, and none for an equal file", async () => {
    const first = await ask(r, "/v1/up", { body: upBody(), socket: true });
    expect(first.json.deployments).toMatchObject([
      { id: "D1", stack: "shop", service: "web", from: null, to: 1, outcome: "running" },
      { id: "D2", stack: "shop", service: "api", from: null, to: 1, outcome: "running" },
    ]);
    expect((await ask(r, "/v1/up", { body: upBody(), socket: true })).json.deployments).toEqual([]);
  });

  test("each verb reaches its call and answers with the deployment", async () => {
    await upAndServing();
    const post = async (verb: string, body?: object) =>
      (await ask(r, `${web}/${verb}`, { method: "POST", socket: true, ...(body === undefined ? {} : { body }) })).json.deployments[0];
    expect(await post("deploy", { image: "web:2" })).toMatchObject({ cause: { kind: "deploy" }, from: 1, to: 2 });
    await until(async () => expect((await ask(r, "/v1/deployments/D3", { socket: true })).json.deployment.outcome).toBe("succeeded"));
    expect(await post("redeploy")).toMatchObject({ cause: { kind: "redeploy" }, to: 3 });
    expect(await post("recycle")).toMatchObject({ cause: { kind: "recycle" } });
    expect(await post("rollback", { to: 1 })).toMatchObject({ cause: { kind: "rollback" } });
    expect(await post("scale", { replicas: 4 })).toMatchObject({ cause: { kind: "scale" } });
    expect((await ask(r, `${web}/unpin`, { method: "POST", socket: true })).json).toMatchObject({ service: "web", pinned: false });
    const down = await ask(r, "/v1/stacks/shop?volumes=true", { method: "DELETE", socket: true });
    expect(down.json).toEqual({ removed: ["web", "api"], keptVolumes: [], removedVolumes: ["shop_data"] });
  });

  test("who asks is on the record: the name over the socket, marked with the token", async () => {
    await ask(r, "/v1/up", { body: upBody(), socket: true, headers: { "instar-who": "alice" } });
    await ask(r, "/v1/up", { body: upBody(), socket: true, headers: { "instar-who": "a b\tc" } });
    await ask(r, "/v1/up", { body: upBody(), headers: { "instar-who": "bob" } });
    expect(r.control.asked.map((a) => a.who)).toEqual(["alice", "socket", "admin-token:bob"]);
  });

  test("a build streams the context in and its progress out", async () => {
    const headers = { "content-type": "application/x-tar", "instar-build-args": Buffer.from('{"A":"1"}').toString("base64") };
    const path = "/v1/build?stack=shop&service=web&dockerfile=Dockerfile";
    const built = await ask(r, path, { method: "POST", body: "x".repeat(300_000), headers, socket: true });
    expect(
      built.text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([{ line: "read a context" }, { image: "instar/shop-web:built" }]);
    expect(r.control.asked.at(-1)?.detail).toEqual({ dockerfile: "Dockerfile", target: null, args: { A: "1" }, bytes: 300_000 });
    const broken = await ask(r, `${path}&target=broken`, { method: "POST", body: "x", headers, socket: true });
    expect(JSON.parse(broken.text.trim().split("\n").at(-1) ?? "")).toMatchObject({ error: { code: "INS3008" } });
    const encoded = (value: object) => ({ ...headers, "instar-build-options": Buffer.from(JSON.stringify(value)).toString("base64") });
    const options = { network: "host", extraHosts: ["a:1.1.1.1"] };
    await ask(r, path, { method: "POST", body: "x", headers: encoded(options), socket: true });
    expect(r.control.asked.at(-1)?.detail).toMatchObject({ options });
    const pushed = await ask(r, `${path}&push=reg.example:5000/shop/web:1`, { method: "POST", body: "x", headers, socket: true });
    expect(JSON.parse(pushed.text.trim().split("\n").at(-1) ?? "")).toEqual({
      image: "instar/shop-web:built",
      pushed: { reference: "reg.example:5000/shop/web:1", digest: "sha256:d1" },
    });
    const odd = await ask(r, path, { method: "POST", body: "x", headers: encoded({ privileged: true }), socket: true });
    expect(odd).toMatchObject({ status: 400, json: { error: { code: "INS2001" } } });
    const unreadable = await ask(r, path, { method: "POST", body: "x", headers: { ...headers, "instar-build-args": "[]" }, socket: true });
    expect(unreadable).toMatchObject({ status: 400, json: { error: { code: "INS2001" } } });
  });
});

describe("looking", () => {
  test("lists are narrowed by stack and service", async () => {
    await upAndServing();
    await until(async () => expect((await ask(r, "/v1/instances?stack=shop", { socket: true })).json.instances).toHaveLength(4));
    expect(
      (await ask(r, "/v1/instances?stack=shop&service=web", { socket: true })).json.instances.map((i: { name: string }) => i.name),
    ).toEqual(["shop-web-r1-1-a1", "shop-web-r1-2-a1"]);
    expect((await ask(r, "/v1/services?stack=other", { socket: true })).json).toEqual({ services: [] });
    expect((await ask(r, `${web}/history`, { socket: true })).json).toMatchObject({
      deployments: [{ id: "D1" }],
      revisions: [{ number: 1, current: true }],
    });
    expect((await ask(r, `${web}/diff?a=1&b=1`, { socket: true })).json).toEqual({ changes: [] });
  });

  test("logs come as lines, or as events", async () => {
    await upAndServing();
    const lines = await ask(r, `${web}/logs?tail=1`, { socket: true });
    expect(lines.headers["content-type"]).toBe("application/x-ndjson");
    expect(JSON.parse(lines.text.split("\n")[0] ?? "")).toMatchObject({ instance: "shop-web-r1-1-a1", text: "line 1" });
    const events = await ask(r, `${web}/logs?tail=1`, { socket: true, headers: { accept: "text/event-stream" } });
    expect(events.text).toContain('data: {"at":');
    expect((await ask(r, "/v1/stacks/shop/services/nope/logs", { socket: true })).json.error.code).toBe("INS2002");
  });
});

describe("refusals", () => {
  test.each([
    ["an unknown key", { odd: 1 }, "(odd)"],
    ["a number as text", { spec: { ...stackSpec({}), specVersion: "1" } }, "body.spec.specVersion must be integer"],
    ["a name that reaches a prototype", { spec: { ...stackSpec({}), services: { constructor: serviceSpec() } } }, "body.spec.services"],
    ["a name with a slash", { spec: { ...stackSpec({}), name: "../etc" } }, "body.spec.name"],
    ["an image that is none", { built: { web: "a b" } }, "body.built.web"],
  ])("a body with %s", async (_what, more, part) => {
    const refused = await ask(r, "/v1/up", { body: upBody(more), socket: true });
    expect(refused).toMatchObject({ status: 400, json: { error: { code: "INS2001" } } });
    expect(refused.json.error.message).toContain(part);
    expect(r.control.asked).toEqual([]);
  });

  test.each([
    ["/v1/nothing", 404, "INS2011"],
    ["/v1/deployments/D9", 404, "INS2005"],
    ["/v1/deployments/..%2f..%2fetc", 400, "INS2001"],
    ["/v1/find?name=web", 404, "INS2002"],
    ["/v1/find?name=%24(id)", 400, "INS2001"],
    ["/v1/events?after=-1", 400, "INS2001"],
    ["/v1/stacks/shop/services/web/history", 404, "INS2002"],
    ["/v1/services?stak=shop", 400, "INS2001"],
  ])("%s is %i %s", async (path, status, code) => {
    expect(await ask(r, path, { socket: true })).toMatchObject({ status, json: { error: { code } } });
  });

  test("malformed JSON and oversized bodies have the one form", async () => {
    expect((await ask(r, `${web}/deploy`, { body: "{", socket: true })).json.error.code).toBe("INS2001");
    const large = await ask(r, `${web}/deploy`, { body: { image: "x".repeat(70_000) }, socket: true });
    expect(large).toMatchObject({ status: 413, json: { error: { code: "INS2010" } } });
  });

  test("a defect is logged whole and told only by its number", async () => {
    r.control.broken = new Error("password=hunter2");
    const answer = await ask(r, "/v1/instances", { socket: true });
    expect(answer).toMatchObject({ status: 500, json: { error: { code: "INS7005" } } });
    expect(answer.text).not.toContain("hunter2");
    expect(answer.text).not.toContain(".ts:");
    const number = /request ([0-9a-f-]{36})/.exec(answer.json.error.message)?.[1];
    expect(r.logged.filter((line) => line.includes("hunter2") && line.includes(number ?? "?"))).toHaveLength(1);
  });
});

describe("the socket", () => {
  test("is its owner's alone", async () => {
    expect((await stat(r.socket)).mode & 0o777).toBe(0o600);
  });

  test("a long path is refused by its length; one in use by another daemon too", async () => {
    const other = createApi({ control: r.control, token: TOKEN, log: r.log, version: "0", backup });
    await expect(other.listen({ socket: `/tmp/${"x".repeat(96)}`, address: null })).rejects.toMatchObject({ code: "INS7003" });
    await expect(other.listen({ socket: r.socket, address: null })).rejects.toMatchObject({ code: "INS6002" });
    await other.close();
  });

  test("an address in use is INS7004", async () => {
    const other = createApi({ control: r.control, token: TOKEN, log: r.log, version: "0", backup });
    const listening = other.listen({ socket: `${r.socket}2`, address: new URL(r.url).host });
    await expect(listening).rejects.toMatchObject({ code: "INS7004" });
    await other.close();
  });
});

test("a backup comes as it is made, under its name", async () => {
  const answer = await ask(r, "/v1/backup", { headers: { "instar-who": "ann" } });
  expect([answer.status, answer.text, answer.headers["instar-bytes"]]).toEqual([200, "one whole", "9"]);
  expect(answer.headers["content-disposition"]).toBe('attachment; filename="instar-of-admin-token:ann.tar.zst"');
  expect((await ask(r, "/v1/backup", { bare: true })).status).toBe(401);
});
