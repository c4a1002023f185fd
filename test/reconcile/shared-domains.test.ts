import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { type DomainClaim, domainsOf } from "../../src/reconcile/domains.ts";
import type { DomainRoute } from "../../src/route/types.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { backend, part } from "../route/tables.ts";
import { House, stack } from "./house.ts";

const WEB = "be:shop:web:8080";
const NEXT = "be:shop:next:8080";

describe("whose a domain is", () => {
  const claim = (name: string, weight: number | null, path: string | null = null): DomainClaim => ({
    host: "a.test",
    path,
    weight,
    service: {},
    backend: name,
  });
  const backends = new Map([
    [WEB, backend(WEB, [], { holdMs: 5_000, sticky: "SRV" })],
    [NEXT, backend(NEXT)],
  ]);
  const of = (...claims: readonly DomainClaim[]) => domainsOf(claims, backends, { counts: { [`${WEB}/7`]: 1 }, picks: {}, previews: {} });
  const alone = (name: string, path: string | null = null) => ({ host: "a.test", path, backend: name });

  test.each<[string, DomainRoute[], DomainRoute[]]>([
    ["one claim", of(claim(WEB, null)), [alone(WEB)]],
    ["one claim with a weight", of(claim(WEB, 5)), [alone(WEB)]],
    [
      "two parts, with what a worker has to know",
      of(claim(WEB, 90), claim(NEXT, 10)),
      [{ ...alone(NEXT), parts: [part(NEXT, 10), part(WEB, 90, { holds: true, sticky: "SRV", revisions: [7] })] }],
    ],
    ["the whole wins over a part", of(claim(WEB, 90), claim(NEXT, null)), [alone(NEXT)]],
    ["of two wholes the first", of(claim(WEB, null), claim(NEXT, null)), [alone(WEB)]],
    ["paths are domains of their own", of(claim(WEB, 90), claim(NEXT, 10, "/x")), [alone(WEB), alone(NEXT, "/x")]],
  ])("%s", (_what, got, wanted) => {
    expect(got).toEqual(wanted);
  });
});

describe("two services on one domain", () => {
  let house: House;
  beforeEach(async () => {
    house = await House.build();
  });
  afterEach(async () => house.wipe());

  const service = (weight: number | null, more: Partial<ServiceSpec> = {}): Partial<ServiceSpec> => ({
    ports: [],
    expose: [8080],
    domainPort: 8080,
    domains: [{ host: "shop.test", path: null, ...(weight === null ? {} : { weight }) }],
    ...more,
  });
  const weights = (): unknown =>
    house.router.control.table().domains.map(({ backend: first, parts }) => parts?.map((one) => `${one.backend} ${one.weight}`) ?? first);
  const shown = async (only?: string) =>
    (await house.daemon.control.services("shop"))
      .filter(({ service: name }) => only === undefined || name === only)
      .map(({ service: name, shares }) => [name, shares?.map(({ share, now }) => [share, now])]);
  const both = [[`${NEXT} 10`, `${WEB} 90`]];

  it("by weight, through a restart of the daemon and of the router, scaling, and a deployment of either", async () => {
    await house.upToTheEnd({ web: service(90), next: service(10) });
    expect(weights()).toEqual(both);
    await house.reopen();
    await house.ended((await house.daemon.control.scale({ stack: "shop", service: "web" }, 5, "me")).id);
    await house.upToTheEnd({ web: service(90), next: service(10, { image: "shop/web:v2" }) });
    house.router.control.crash();
    await house.until(async () => house.router.control.serving(NEXT).length === 2);
    expect(weights()).toEqual(both);
    expect(await shown()).toEqual([
      ["next", [[1_000, 1_000]]],
      ["web", [[9_000, 9_000]]],
    ]);
  });

  it("another weight replaces nothing and reloads nothing", async () => {
    await house.upToTheEnd({ web: service(90), next: service(10) });
    const before = [await house.serving("web"), await house.serving("next"), house.router.control.reloads];
    await house.upToTheEnd({ web: service(1), next: service(2) });
    expect(weights()).toEqual([[`${NEXT} 2`, `${WEB} 1`]]);
    expect([await house.serving("web"), await house.serving("next"), house.router.control.reloads]).toEqual(before);
  });

  it("a stopped one gets nothing now, seen from either of them", async () => {
    await house.upToTheEnd({ web: service(90), next: service(10) });
    await house.ended((await house.daemon.control.scale({ stack: "shop", service: "next" }, 0, "me")).id);
    expect(await shown("web")).toEqual([["web", [[9_000, 10_000]]]]);
    expect(await shown("next")).toEqual([["next", [[1_000, 0]]]]);
    expect(house.router.control.serving(NEXT)).toEqual([]);
  });

  it("a first deployment that fails leaves the domain to the other", async () => {
    await house.upToTheEnd({ web: service(null) });
    expect(weights()).toEqual([WEB]);
    const ends = await house.upToTheEnd({ web: service(90), next: service(10, { image: "shop/web:bad" }) });
    expect(ends.map(({ outcome }) => outcome).sort()).toEqual(["failed", "succeeded"]);
    expect(house.router.control.serving(NEXT)).toEqual([]);
    expect(await shown()).toEqual([
      ["next", [[1_000, 0]]],
      ["web", [[9_000, 10_000]]],
    ]);
  });

  it("one that wants the whole again has it at once, and one that leaves the file leaves the domain", async () => {
    await house.upToTheEnd({ web: service(90), next: service(10) });
    await house.upToTheEnd({ web: service(null) }, { prune: true });
    expect(weights()).toEqual([WEB]);
    expect(await shown("web")).toEqual([["web", undefined]]);
  });

  it("a service of another stack cannot join", async () => {
    await house.upToTheEnd({ web: service(90), next: service(10) });
    const other = { ...stack({ web: service(5) }), name: "other" };
    await expect(house.up({}, { spec: other })).rejects.toMatchObject({ code: "INS1009" });
  });
});
