import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PortSpec, ServiceSpec } from "../../src/spec/types.ts";
import { House, stack } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const NGINX = "nginx (pid 4711)";
const port = (published: number | null, more: Partial<PortSpec> = {}): PortSpec => ({
  ...{ published, target: 8080, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http", ...more },
});
const BLOG: Partial<ServiceSpec> = {
  ...{ replicas: 1, ports: [], expose: [8080], domains: [{ host: "blog.example", path: null }], domainPort: 8080 },
};
const web = { stack: "shop", service: "web" };
const listening = () => house.router.control.table().listeners.map((listener) => listener.port);
const said = async (kind: string) =>
  (await house.daemon.control.events({ limit: 1000 })).filter((e) => e.kind === kind).map((e) => e.message);

/** The check of `up` sees nothing: another process is quicker than what follows it. */
function overlooked(taken: number): void {
  const { foreignListeners } = house.router;
  house.router.foreignListeners = async () => {
    house.router.control.takePort(taken, NGINX);
    house.router.foreignListeners = foreignListeners;
    return [];
  };
}

describe("a port that cannot be had is refused before anything changes", () => {
  it("where domains are served", async () => {
    await house.upToTheEnd({ web: { replicas: 1 } });
    house.router.control.takePort(80, NGINX);
    await expect(house.up({ web: { replicas: 1 }, blog: BLOG })).rejects.toMatchObject({ code: "INS4001" });
    await expect(house.plan({ web: { replicas: 1 }, blog: BLOG })).rejects.toMatchObject({ code: "INS4001" });
    expect(await house.ended((await house.daemon.control.deploy(web, "shop/web:v2", "me")).id)).toMatchObject({ outcome: "succeeded" });
  });

  it.each([
    ["in TCP", port(80, { target: 9000, appProtocol: "tcp" })],
    ["on one address", port(80, { hostIp: "127.0.0.1" })],
    ["bound by the instance", port(80, { mode: "host" })],
  ])("the domains' port, published %s, and a domain: in either order", async (_, taken) => {
    const taker = { replicas: 1, ports: [taken] };
    await expect(house.up({ web: taker, blog: BLOG })).rejects.toMatchObject({ code: "INS1009" });
    await house.upToTheEnd({ blog: BLOG });
    await expect(house.up({ web: taker, blog: BLOG })).rejects.toMatchObject({ code: "INS1009" });
  });

  it("but to publish it in HTTP beside a domain is no clash", async () => {
    expect(await house.upToTheEnd({ web: { replicas: 1, ports: [port(80)] }, blog: BLOG })).toMatchObject([
      { outcome: "succeeded" },
      { outcome: "succeeded" },
    ]);
  });

  it("a port that is given is one that is free", async () => {
    house.router.control.takePort(20_000, NGINX);
    await house.upToTheEnd({ web: { replicas: 1, ports: [port(null)] }, other: { replicas: 1, ports: [port(20_001)] } });
    expect(listening()).toEqual(expect.arrayContaining([20_001, 20_002]));
    expect(listening()).not.toContain(20_000);
  });
});

describe("a port that was given", () => {
  it("goes with the service: another stack may publish it, and who comes back gets another one", async () => {
    const both = { web: { replicas: 1 }, other: { replicas: 1, ports: [port(null)] } };
    await house.upToTheEnd(both);
    const { deployments } = await house.up({ web: { replicas: 1 } }, { prune: true });
    await Promise.all(deployments.map(({ id }) => house.ended(id)));
    const theirs = { web: { replicas: 1, ports: [port(20_000)] } };
    const networks = { default: { name: "blog_default", external: false, internal: false, labels: {} } };
    const [first] = await house.upToTheEnd(theirs, { spec: { ...stack(theirs), name: "blog", networks, volumes: {} } });
    expect(first?.outcome).toBe("succeeded");
    await house.upToTheEnd(both);
    expect((await house.daemon.control.services("shop")).find(({ service }) => service === "other")?.ports).toMatchObject([
      { published: 20_001 },
    ]);
  });
});

describe("a port that cannot be had nevertheless", () => {
  it("takes its own deployment back, and no other", async () => {
    await house.upToTheEnd({ web: { replicas: 1 }, other: { replicas: 1, ports: [port(8081)] } });
    overlooked(9090);
    const [second] = await house.upToTheEnd({
      web: { replicas: 1, ports: [port(8080), port(9090)] },
      other: { replicas: 1, ports: [port(8081)] },
    });
    expect(second).toMatchObject({
      outcome: "rolled-back",
      reason: `INS4001 port 9090 is not served for shop/web: it is taken by ${NGINX}`,
    });
    for (const service of ["web", "other"])
      expect(await house.ended((await house.daemon.control.deploy({ stack: "shop", service }, "shop/web:v2", "me")).id)).toMatchObject({
        outcome: "succeeded",
      });
    expect(await said("router.withheld")).toEqual([`port 9090 is not served for shop/web: it is taken by ${NGINX}`]);
  });

  it("one that is lost later goes without its listener, is told once, and is served when it is free", async () => {
    await house.upToTheEnd({ web: { replicas: 1 }, blog: BLOG });
    // As after a reboot: the router has nothing bound, and somebody else was first.
    await house.close();
    await house.router.stop();
    house.router.control.takePort(80, NGINX);
    await house.open();
    expect(listening()).toEqual([8080]);
    expect(
      await house.ended((await house.daemon.control.deploy({ stack: "shop", service: "blog" }, "shop/web:v2", "me")).id),
    ).toMatchObject({
      outcome: "succeeded",
    });
    expect(await said("router.withheld")).toEqual([`port 80 is not served for the domains: it is taken by ${NGINX}`]);
    house.router.control.takePort(80, null);
    await house.until(async () => listening().includes(80) && (await said("router.listening")).length > 0);
    expect(house.router.control.table().domains).toMatchObject([{ host: "blog.example" }]);
  });
});

it("a router that began without the port that another holds serves the rest, says which, and has it back once it is free", async () => {
  await house.upToTheEnd({ web: { replicas: 1, ports: [port(8080)] }, api: { replicas: 1, ports: [port(8081)] } });
  const { ensure } = house.router;
  let restarted = false;
  house.router.ensure = async () => {
    if (restarted) return ensure();
    restarted = true;
    await house.router.stop();
    house.router.control.takePort(8080, NGINX);
    await ensure();
    return true;
  };
  house.longestWaitMs = 20;
  await house.until(async () => (await said("router.withheld")).length > 0);
  expect(await said("router.withheld")).toEqual([expect.stringMatching(/8080.*nginx/)]);
  await house.until(async () => listening().join() === "8081");
  house.router.control.takePort(8080, null);
  await house.until(async () => listening().length === 2);
  expect(await said("router.listening")).toEqual(["port 8080 is served again"]);
});

describe("a bare port", () => {
  it("is never given a number that a service which is there publishes, or one that was given", async () => {
    await house.upToTheEnd({ web: { replicas: 1, ports: [port(20_000)] } });
    await house.upToTheEnd({ web: { replicas: 1, ports: [port(20_000)] }, api: { replicas: 1, ports: [port(null)] } });
    await house.up({
      web: { replicas: 1, ports: [port(20_000)] },
      api: { replicas: 1, ports: [port(null)] },
      blog: { replicas: 1, ports: [port(null)] },
    });
    const given = (await house.daemon.control.services()).map(({ service, ports }) => [service, ports[0]?.published]);
    expect(given).toEqual([
      ["api", 20_001],
      ["blog", 20_002],
      ["web", 20_000],
    ]);
  });

  it("has a number that another stack may not publish", async () => {
    await house.upToTheEnd({ web: { replicas: 1, ports: [port(null)] } });
    const networks = { default: { name: "blog_default", external: false, internal: false, labels: {} } };
    const spec = { ...stack({ web: { replicas: 1, ports: [port(20_000)] } }), name: "blog", networks, volumes: {} };
    await expect(house.up({}, { spec })).rejects.toMatchObject({
      ...{ code: "INS1009", message: "the port 20000/tcp of blog/web belongs to shop/web already" },
    });
  });

  it("is refused where no number is free, and nothing is changed", async () => {
    const { foreignListeners } = house.router;
    house.router.foreignListeners = async (asked) => asked.map((one) => ({ port: one, by: NGINX }));
    await expect(house.up({ web: { replicas: 1, ports: [port(null)] } })).rejects.toMatchObject({ code: "INS4001" });
    expect(await house.daemon.control.services()).toEqual([]);
    expect(await house.engine.networks()).toEqual([]);
    house.router.foreignListeners = foreignListeners;
    expect(await house.upToTheEnd({ web: { replicas: 1, ports: [port(null)] } })).toMatchObject([{ outcome: "succeeded", to: 1 }]);
  });
});
