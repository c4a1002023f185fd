import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../api/http.ts";
import { type Running, running } from "../api/running.ts";
import { stackSpec } from "../api/stand-in.ts";
import { upRequest } from "../conformance/up-request.ts";
import { run } from "./spawn.ts";

let r: Running;
const instar = (...args: string[]) => run(args, { INSTAR_HOME: r.home });
const as = (token: string, ...args: string[]) => run(args, { INSTAR_URL: r.url, INSTAR_TOKEN: token });
beforeAll(async () => {
  r = await running();
  const { deployments } = await r.control.up(upRequest(stackSpec({ web: {}, db: {} })));
  for (const { id } of deployments) await until(async () => expect((await r.control.deployment(id)).outcome).toBe("succeeded"));
});
afterAll(() => r.stop());

describe("token", () => {
  test("create prints the token alone on stdout, and how it is used beside it; it does what it may, over TCP", async () => {
    const made = await instar("token", "create", "ci", "--role", "deploy", "--service", "web", "--expires", "90d");
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^instar_\S+\n$/) });
    expect(made.err).toMatch(/ci: deploy, shop\/web, until 20.*not shown again.*token rm ci/);
    expect(made.err).toContain(`INSTAR_URL=${r.url}`);
    expect(made.err).not.toContain(made.out.trim());
    const secret = made.out.trim();
    // A bare name, the deployment followed to its end.
    expect(await as(secret, "deploy", "web", "--image", "web:2", "--json")).toMatchObject({ code: 0, err: "" });
    expect(r.control.asked.at(-1)).toMatchObject({ call: "deploy", who: "token:ci" });
    expect((await as(secret, "ps")).out).not.toContain("shop/db");
    const refused = await as(secret, "redeploy", "shop/db");
    expect(refused).toMatchObject({
      code: 77,
      out: "",
      err: expect.stringMatching(/^error INS7009 the token ci does not reach that: .+ → .+\n$/),
    });
    expect((await as(secret, "exec", "shop/db", "--reason", "x", "--", "sh")).code).toBe(77);
    expect((await as(secret, "token", "create", "more", "--json")).code).toBe(77);
  });

  test("ls shows what each may, never the token; rm ends it", async () => {
    const made = JSON.parse((await instar("token", "create", "board", "--json")).out);
    expect(made).toMatchObject({ token: { name: "board", role: "read", scope: null, expiresAt: null, usedAt: null }, url: r.url });
    const list = await instar("token", "ls");
    expect(list.out).toMatch(/^TOKEN +ROLE +SCOPE +CREATED +EXPIRES +USED\n/);
    expect(list.out).toMatch(/\nboard +read +everything +\S+ ago by \S+ +never +never\n/);
    const listed = await instar("token", "ls", "--json");
    for (const { out } of [list, listed]) expect(out).not.toContain(made.secret);
    expect((await as(made.secret, "ps")).code).toBe(0);
    expect(await instar("token", "rm", "board")).toMatchObject({ code: 0, out: "removed board; it is refused from now on\n" });
    expect(await as(made.secret, "ps")).toMatchObject({ code: 77, err: expect.stringContaining("INS7002") });
    expect(await instar("token", "rm", "board")).toMatchObject({ code: 1, err: expect.stringContaining("INS7011") });
  });

  test("several services and stacks are one scope", async () => {
    const { token } = JSON.parse((await instar("token", "create", "two", "--stack", "uat", "--service", "shop/web", "db", "--json")).out);
    expect(token.scope).toEqual(["uat", "shop/web", "shop/db"]);
  });

  test.each([
    [["token", "create"], /token create NAME/],
    [["token", "create", "x", "--role", "root"], /no role of a token/],
    [["token", "create", "x", "--expires", "soon"], /--expires is a time/],
    [["token", "create", "x", "--expires", "0"], /--expires is a time/],
    [["token", "create", "x", "--service", ""], /not a service's name/],
    [["token", "create", "x", "--stack", ""], /right form/],
    [["token", "create", "X"], /right form/],
    [["token", "show"], /nothing Instar does/],
  ])("%j is refused", async (args, words) => {
    expect(await instar(...args)).toMatchObject({ code: 64, out: "", err: expect.stringMatching(words) });
    expect([...r.control.tokens.made.values()].map(({ name }) => name)).not.toContain("x");
  });
});
