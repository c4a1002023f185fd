import { beforeEach, describe, expect, it } from "vitest";
import type { NewToken } from "../../src/reconcile/token-control.ts";
import { TokenDesk } from "../../src/reconcile/token-desk.ts";
import { serviceRow } from "../conformance/store-world.ts";
import { createFakeStore, type FakeStore } from "../sim/fake-store.ts";
import { type VirtualClock, virtualClock } from "../sim/virtual-clock.ts";

const HOUR = 3_600_000;
let store: FakeStore;
let clock: VirtualClock;
let desk: TokenDesk;
const make = (more: Partial<NewToken> = {}) =>
  desk.create({ name: "ci", role: "deploy", scope: ["shop/web"], expiresInMs: null, ...more }, "ann");
const told = async () => (await store.events({ after: 0 })).map(({ kind, stack, message }) => [kind, stack, message]);

beforeEach(async () => {
  store = createFakeStore("here");
  clock = virtualClock(1_700_000_000_000);
  desk = new TokenDesk({ store, clock });
  for (const name of ["shop", "uat", "gone"]) {
    await store.putStack({ name, updatedAt: 1, removed: name === "gone", networks: "", volumes: "" });
    await store.putService(serviceRow({ stack: name, service: "web", removed: name === "gone" }));
  }
});

describe("a token", () => {
  it("is 256 random bits, of which only the sha256 is kept, and nothing is in the record", async () => {
    const [one, two] = [await make(), await make({ name: "two" })];
    expect(one.secret).toMatch(/^instar_[\w-]{43}$/);
    expect(two.secret).not.toBe(one.secret);
    const [row] = await store.tokens();
    expect(row?.hash).toMatch(/^[0-9a-f]{64}$/);
    for (const kept of [await store.tokens(), await told(), await desk.list(), one.token]) {
      expect(JSON.stringify(kept)).not.toContain(one.secret.slice(7));
      if (kept !== one.token) continue;
      expect(JSON.stringify(kept)).not.toContain(row?.hash);
    }
    expect(JSON.stringify([await desk.list(), await told()])).not.toContain(row?.hash);
  });

  it("is known to the desk of the next daemon, and to nobody once it is removed", async () => {
    const { secret, token } = await make();
    const next = new TokenDesk({ store, clock });
    expect(await next.holderOf(secret)).toMatchObject({ name: "ci", role: "deploy", scope: ["shop/web"] });
    for (const wrong of ["", "instar_", `${secret} `, secret.slice(0, -1), secret.toUpperCase(), secret.slice(7), token.name])
      expect(await desk.holderOf(wrong)).toBeNull();
    await next.remove("ci", "bob");
    expect(await desk.holderOf(secret)).toBeNull();
    expect(await desk.list()).toEqual([]);
    await expect(desk.remove("ci", "bob")).rejects.toMatchObject({ code: "INS7011" });
  });

  it("of a removed one's name is another: the old secret stays refused", async () => {
    const old = await make();
    await desk.remove("ci", "bob");
    const fresh = await make();
    expect([await desk.holderOf(old.secret), (await desk.holderOf(fresh.secret))?.name]).toEqual([null, "ci"]);
  });

  it("has expired at its time, to the millisecond", async () => {
    const { secret, token } = await make({ expiresInMs: HOUR });
    expect(token.expiresAt).toBe(clock.now() + HOUR);
    await clock.advance(HOUR - 1);
    expect((await desk.holderOf(secret))?.name).toBe("ci");
    await clock.advance(1);
    await expect(desk.holderOf(secret)).rejects.toMatchObject({ code: "INS7002", message: expect.stringContaining("ci expired at 2023-") });
  });

  it("notes its use, a minute at most behind; a full disk, on which nothing can be noted, does not keep it out", async () => {
    const { secret } = await make();
    expect((await desk.list())[0]?.usedAt).toBeNull();
    const first = clock.now();
    await desk.holderOf(secret);
    await clock.advance(59_999);
    await desk.holderOf(secret);
    expect((await desk.list())[0]?.usedAt).toBe(first);
    await clock.advance(1);
    await desk.holderOf(secret);
    expect((await desk.list())[0]?.usedAt).toBe(first + 60_000);
    await clock.advance(HOUR);
    store.control.fill(0);
    expect((await desk.holderOf(secret))?.name).toBe("ci");
  });
});

describe("making and removing one", () => {
  it("are events with name, role, scope and who", async () => {
    await make({ scope: ["shop/web", "uat"], expiresInMs: HOUR });
    await make({ name: "board", role: "read", scope: null });
    await desk.remove("ci", "admin-token:bob");
    const until = "until 2023-11-14T23:13:20.000Z";
    expect(await told()).toEqual([
      ["token.created", null, `the token ci (deploy, shop/web uat, ${until}) was made by ann`],
      ["token.created", null, "the token board (read, everything) was made by ann"],
      ["token.removed", null, `the token ci (deploy, shop/web uat, ${until}) was removed by admin-token:bob`],
    ]);
  });

  it("a scope is kept plain: each part once, no service of a stack that is in it whole", async () => {
    const { token } = await make({ scope: ["uat/web", "shop/web", "uat", "shop/web"] });
    expect(token.scope).toEqual(["shop/web", "uat"]);
  });

  it.each([
    ["a name that is taken", { name: "there", scope: null }, "INS7010"],
    ["an admin with a scope", { role: "admin" }, "INS2001"],
    ["a service that is not there", { scope: ["shop/wbe"] }, "INS2002"],
    ["a service that was removed", { scope: ["gone/web"] }, "INS2002"],
    ["a stack that is not there", { scope: ["shop/web", "shopp"] }, "INS2006"],
    ["a stack that was removed", { scope: ["gone"] }, "INS2006"],
  ] as const)("%s is refused, and nothing is made", async (_what, more, code) => {
    const { secret } = await make({ name: "there", role: "read" });
    const before = await told();
    await expect(make(more)).rejects.toMatchObject({ code });
    expect([(await desk.list()).length, await told()]).toEqual([1, before]);
    expect((await desk.holderOf(secret))?.role).toBe("read");
  });
});
