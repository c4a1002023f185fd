import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OnChange } from "../../src/spec/context.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
  house.engine.control.images.add("shop/proxy:v1");
});
afterEach(() => house.wipe());

const TEMPLATE = "{{#peers.web}}\n{{name}} {{address}}:{{port}}\n{{/peers.web}}\n";
const proxy = (onChange: OnChange = { kind: "signal", signal: "SIGHUP" }): Partial<ServiceSpec> => ({
  image: "shop/proxy:v1",
  ports: [],
  replicas: 1,
  ready: { kind: "tcp", port: 1 },
  context: { target: "/context", files: { upstreams: TEMPLATE }, onChange },
});
const start = async (onChange?: OnChange) => {
  await house.upToTheEnd({ web: {}, proxy: proxy(onChange) });
  const [name = ""] = (await house.daemon.control.instances({ stack: "shop", service: "proxy" })).map((i) => i.name);
  const mount = house.engine.control.container(name).blueprint.files?.find(({ target }) => target === "/context");
  return { name, place: mount?.source ?? "" };
};
const told = (place: string): string[] =>
  (existsSync(place) ? readFileSync(join(place, "upstreams"), "utf8") : "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" ")[0] ?? "");
const settled = (place: string, names: () => Promise<readonly string[]>) =>
  house.until(async () => {
    const [is, wanted] = [told(place), await names()];
    return wanted.length > 0 && is.join() === wanted.join();
  });
const kinds = async () => (await house.daemon.control.events({ limit: 1000 })).map(({ kind }) => kind);

/** The log has caught up with the file; its version was there when the instance started, or it was told of it since. */
const wasTold = async (name: string, peers: readonly string[], count: number): Promise<boolean> => {
  const events = await house.daemon.control.events({ limit: 1000 });
  const last = (kind: string) => events.findLast((event) => event.kind === kind);
  const [rendered, signal] = [last("context.rendered"), last("context.signal")];
  if (peers.length !== count || !peers.every((peer) => rendered?.message.includes(peer))) return false;
  const start = events.findLast((event) => event.kind === "step.start" && event.instance === name);
  const sent = events.filter(({ kind }) => kind === "context.signal").length;
  if (house.engine.control.container(name).signals.length !== sent) return false;
  return Math.max(signal?.seq ?? 0, start?.seq ?? 0) > (rendered?.seq ?? 0);
};

describe("a context", () => {
  it("names who serves, with address and port, and follows who comes and goes", async () => {
    const { place, name } = await start();
    await settled(place, () => house.serving());
    expect(readFileSync(join(place, "upstreams"), "utf8")).toMatch(/^shop-web-r1-1-a1 10\.209\.\d+\.\d+:8080\n/);
    const { id } = await house.daemon.control.scale({ stack: "shop", service: "web" }, 3, "me");
    await house.ended(id);
    await settled(place, () => house.serving());
    expect(told(place)).toHaveLength(3);
    await house.until(async () => house.engine.control.container(name).signals.includes("SIGHUP"));
    expect(await kinds()).toEqual(expect.arrayContaining(["context.rendered", "context.signal"]));
  });

  it("forgets a dead peer before anything else is done", async () => {
    const { place } = await start();
    await settled(place, () => house.serving());
    house.engine.control.crash("shop-web-r1-1-a1");
    await house.until(async () => !told(place).includes("shop-web-r1-1-a1"));
    await settled(place, () => house.serving());
  });

  it("names nobody who is being stopped: the file changes before the engine is asked to", async () => {
    const { place } = await start();
    await settled(place, () => house.serving());
    const stop = house.engine.stop;
    const named: string[] = [];
    house.engine.stop = async (name, how) => {
      if (told(place).includes(name)) named.push(name);
      return stop(name, how);
    };
    const [first] = (await house.up({ web: { image: "shop/web:v2" }, proxy: proxy() })).deployments;
    await house.ended(
      first?.service === "web"
        ? first.id
        : ((await house.daemon.control.history({ stack: "shop", service: "web" })).deployments[0]?.id ?? ""),
    );
    await settled(place, () => house.serving());
    expect(told(place).every((name) => name.includes("-r2-"))).toBe(true);
    expect(named).toEqual([]);
  });

  it("signals only who is ready and was not told: a daemon that begins sends nothing twice, and tells what it missed", async () => {
    const { place, name } = await start();
    await settled(place, () => house.serving());
    const sent = () => house.engine.control.container(name).signals.length;
    await house.until(async () => wasTold(name, told(place), 2));
    const before = sent();
    await house.reopen();
    await house.until(async () => (await house.serving()).length === 2);
    await house.close();
    expect(sent()).toBe(before);
    house.engine.control.vanish("shop-web-r1-2-a1");
    await house.open();
    await settled(place, () => house.serving());
    await house.until(async () => sent() > before);
  });

  it("puts a hand edit back and says so", async () => {
    const { place } = await start();
    await settled(place, () => house.serving());
    writeFileSync(realpathSync(join(place, "upstreams")), "evil 10.0.0.1:80\n");
    await settled(place, () => house.serving());
    await house.until(async () => (await kinds()).includes("context.mended"));
  });

  it.each([
    ["while a daemon runs", async (place: string) => rmSync(place, { recursive: true })],
    [
      "while none runs, and the peers change",
      async (place: string) => {
        await house.close();
        rmSync(place, { recursive: true });
        house.engine.control.vanish("shop-web-r1-2-a1");
        await house.open();
      },
    ],
  ])("whose folder is removed %s replaces who mounts it, whatever on_change says", async (_when, remove) => {
    const { place, name } = await start({ kind: "nothing" });
    await settled(place, () => house.serving());
    await remove(place);
    await house.until(async () => (await house.serving("proxy")).some((one) => one !== name));
    await settled(place, () => house.serving());
    const mended = (await house.daemon.control.events({ limit: 1000 })).filter(({ kind }) => kind === "context.mended");
    expect(mended).toHaveLength(1);
    expect(mended[0]?.message).toContain(`${name} cannot see`);
  });

  it("under replace gives fresh instances once the peers stand still, with the cause context", async () => {
    const { place } = await start({ kind: "replace" });
    await settled(place, () => house.serving());
    await house.ended((await house.daemon.control.scale({ stack: "shop", service: "web" }, 3, "me")).id);
    const replaced = await house.until(async () => {
      const [latest] = (await house.daemon.control.history({ stack: "shop", service: "proxy" })).deployments;
      return latest?.cause.kind === "context" && latest.outcome === "succeeded" ? latest : null;
    });
    expect(replaced.cause.who).toBe("instar");
    const [fresh] = await house.daemon.control.instances({ stack: "shop", service: "proxy" });
    expect(house.engine.control.container(fresh?.name ?? "").signals).toEqual([]);
  });

  it("another template is another revision with a directory of its own; how it is told is not", async () => {
    const { place } = await start();
    const { context } = proxy();
    if (context === undefined) throw new Error("no context");
    const quiet = { ...proxy(), context: { ...context, onChange: { kind: "nothing" } as const } };
    const [, same] = await house.upToTheEnd({ web: {}, proxy: quiet });
    expect((await house.daemon.control.instances({ stack: "shop", service: "proxy" })).map((i) => i.name)).toEqual(["shop-proxy-r1-1-a1"]);
    const other = { ...quiet, context: { ...quiet.context, files: { upstreams: `# v2\n${TEMPLATE}` } } };
    await house.upToTheEnd({ web: {}, proxy: other });
    const [now] = await house.daemon.control.instances({ stack: "shop", service: "proxy" });
    const mount = house.engine.control.container(now?.name ?? "").blueprint.files?.[0]?.source ?? "";
    expect(mount).not.toBe(place);
    expect(readFileSync(join(mount, "upstreams"), "utf8")).toMatch(/^# v2\n/);
    expect(same).toBeDefined();
  });

  it("knows host ports before anybody was looked at, says nothing else meanwhile, and follows them", async () => {
    const at = (published: number): Partial<ServiceSpec> => ({
      ports: [
        { published, target: 8080, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http" },
        { published: null, target: 8080, protocol: "udp", mode: "host", hostIp: null, appProtocol: null },
        { published: null, target: 53, protocol: "tcp", mode: "host", hostIp: null, appProtocol: null },
      ],
    });
    const knowing = {
      ...proxy(),
      context: { target: "/context", files: { upstreams: "{{ports.web.8080}}" }, onChange: { kind: "nothing" } } as const,
    };
    await house.upToTheEnd({ web: at(8080), proxy: knowing });
    const [one] = await house.daemon.control.instances({ stack: "shop", service: "proxy" });
    const place = house.engine.control.container(one?.name ?? "").blueprint.files?.[0]?.source ?? "";
    expect(told(place)).toEqual(["8080"]);
    await house.reopen();
    await house.until(async () => (await house.serving("web")).length + (await house.serving("proxy")).length === 3);
    expect((await kinds()).filter((kind) => kind === "context.rendered")).toHaveLength(1);
    await house.upToTheEnd({ web: at(9090), proxy: knowing });
    await house.until(async () => told(place).join() === "9090");
  });

  it("names nobody without the port it asks for: that of the file where an older instance has none, nobody where no file has one", async () => {
    const web: Partial<ServiceSpec> = { ports: [], replicas: 1, ready: { kind: "tcp", port: 8080 } };
    await house.upToTheEnd({ web });
    house.engine.control.behave("shop/web:v2", { readyAfterMs: null });
    const { deployments } = await house.up({ web: { ...web, image: "shop/web:v2", expose: [8080] }, proxy: proxy() });
    const mounted = async (): Promise<string> => {
      const [one] = await house.daemon.control.instances({ stack: "shop", service: "proxy" });
      const folder = one === undefined ? undefined : house.engine.control.container(one.name).blueprint.files?.[0]?.source;
      const said = folder === undefined || !existsSync(folder) ? "" : readFileSync(join(folder, "upstreams"), "utf8");
      expect(said).not.toMatch(/:$/m);
      return said;
    };
    await house.until(async () => /^shop-web-r1-1-a1 .*:8080$/m.test(await mounted()));
    await house.ended(deployments.find(({ service }) => service === "web")?.id ?? "");
    await house.until(async () => !(await mounted()).includes("shop-web"));
  });
});
