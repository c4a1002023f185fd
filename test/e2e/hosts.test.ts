import { renameSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventView } from "../../src/reconcile/control.ts";
import type { DriftView } from "../../src/reconcile/drift-control.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeService } from "./stacks.ts";
import { until } from "./until.ts";

/** Says what it finds in its two files whenever they are otherwise, and whom the names lead to. */
const READER = `
const { readFileSync, statSync } = require("node:fs");
const { lookup } = require("node:dns").promises;
const of = (name) => lookup(name, { family: 4 }).then(({ address }) => address, () => null);
let last = "";
const look = async () => {
  const [hosts, resolv] = ["/etc/hosts", "/etc/resolv.conf"].map((path) => readFileSync(path, "utf8"));
  if (hosts + resolv !== last) {
    last = hosts + resolv;
    const names = { own: await of(require("node:os").hostname()), far: await of("far"), web: await of("web-1.peer"), engines: await of("web") };
    console.log(JSON.stringify({ at: Date.now(), hosts, resolv, names, inode: statSync("/etc/hosts").ino }));
  }
  setTimeout(look, 5);
};
look();
`;

interface Seen {
  readonly at: number;
  readonly hosts: string;
  readonly resolv: string;
  readonly names: Readonly<Record<"own" | "far" | "web" | "engines", string | null>>;
  readonly inode: number;
}

let instar: Installation;
beforeAll(async () => {
  instar = await Installation.start();
  const proxy = {
    image: "instar/base:node24",
    command: ["node", "-e", READER.replaceAll("$", () => "$$")],
    restart: "always",
    stop_grace_period: "1s",
    extra_hosts: ["far:192.0.2.1"],
    "x-instar": {
      context: {
        hosts: "{{#peers.web}}\n{{address}} web-{{slot}}.peer\n{{/peers.web}}\n",
        "resolv.conf": "options timeout:1\n",
        on_change: "nothing",
      },
    },
  };
  const web = rudeService({ port: await freePort(), drain: "1s", replicas: 2 });
  const { code, stderr } = await instar.apply("shop", { services: { web, proxy } });
  expect(code, stderr).toBe(0);
});
afterAll(() => instar?.wipe());

const proxy = async () => {
  const [one, ...more] = await instar.running("proxy");
  if (one === undefined || more.length > 0) throw new Error(`${1 + more.length} proxies run`);
  return one;
};
const seen = async (): Promise<readonly Seen[]> => {
  const raw = (await instar.docker.getContainer((await proxy()).id).logs({ stdout: true, stderr: true })).toString("utf8");
  return raw.split("\n").flatMap((line) => (line.includes('{"at"') ? [JSON.parse(line.slice(line.indexOf("{"))) as Seen] : []));
};
const addresses = async (): Promise<string> => {
  const ids = (await instar.instances()).filter(({ service, phase }) => service === "web" && phase === "serving").map(({ name }) => name);
  const found = await Promise.all(ids.map((name) => instar.docker.getContainer(name).inspect()));
  return found
    .flatMap(({ NetworkSettings }) => Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress))
    .sort()
    .join();
};
const named = (hosts: string): string =>
  hosts
    .split("\n")
    .flatMap((line) => /^(\S+) web-\d+\.peer$/.exec(line)?.[1] ?? [])
    .sort()
    .join();
/** The instance itself sees who serves. */
const caughtUp = (wanted: number): Promise<Seen> =>
  until(`${wanted} peers in the hosts file`, async () => {
    const [last, is] = [(await seen()).at(-1), await addresses()];
    if (last !== undefined && is.split(",").length === wanted && named(last.hosts) === is) return last;
    throw new Error(`named ${last?.hosts}, serving ${is}`);
  });
const scale = (replicas: number) => instar.ask("/v1/stacks/shop/services/web/scale", "POST", { replicas });
const mendings = async (): Promise<readonly EventView[]> =>
  (await instar.ask<{ events: EventView[] }>("/v1/events?stack=shop&limit=1000")).events.filter(({ kind }) => kind === "context.mended");
const source = async (): Promise<string> => {
  const { Mounts } = await instar.docker.getContainer((await proxy()).id).inspect();
  return Mounts.find(({ Destination }) => Destination === "/etc/hosts")?.Source ?? "";
};
const back = (text: string) => until("the file to be as it was", async () => (await seen()).at(-1)?.hosts === text);

describe("a managed hosts file", () => {
  it("names itself, extra_hosts and the peers, and follows them in place", async () => {
    const first = await caughtUp(2);
    const { id } = await proxy();
    const inspect = await instar.docker.getContainer(id).inspect();
    const [own] = Object.values(inspect.NetworkSettings.Networks).map(({ IPAddress }) => IPAddress);
    // Its own line was there when its program began.
    expect((await seen())[0]?.hosts).toContain(`${own}\t${id.slice(0, 12)}\n`);
    expect(first.hosts).toContain("127.0.0.1\tlocalhost\n");
    expect(first.names).toMatchObject({ own, far: "192.0.2.1", web: /^(\S+) web-1\.peer$/m.exec(first.hosts)?.[1] });
    // No server is in the template: the engine's own answers for names of the stack.
    expect(first.resolv).toMatch(/^options timeout:1\nnameserver 127\.0\.0\.11$/m);
    expect((await addresses()).split(",")).toContain(first.names.engines);
    await scale(3);
    const later = await caughtUp(3);
    expect(later.inode).toBe(first.inode);
    expect((await proxy()).id).toBe(id);
  });

  it("is no drift, and verify finds it as it was made", async () => {
    const { name } = await proxy();
    const one = await until("a look at it", async () => {
      const found = (await instar.ask<DriftView>("/v1/drift")).instances.find((instance) => instance.name === name);
      return found ?? null;
    });
    expect(one.verdict).toBe("none");
    const { code, stdout } = await instar.run("verify", "shop/proxy");
    expect(code, stdout).toBe(0);
    expect(await mendings()).toEqual([]);
  });

  it("is put back after an edit and after another file under its name, and says so", async () => {
    const [text, path] = [(await caughtUp(3)).hosts, await source()];
    writeFileSync(path, "10.0.0.66 evil\n");
    await until("the event", async () => (await mendings()).some(({ message }) => message.includes("hosts has another content")));
    await back(text);
    writeFileSync(`${path}~`, "10.0.0.66 evil\n");
    renameSync(`${path}~`, path);
    await until("the event", async () => (await mendings()).some(({ message }) => message.includes("hosts was replaced")));
    await scale(2);
    await caughtUp(2);
  });

  it("survives a restart of the instance without the daemon; half of a write is put right by the next daemon", async () => {
    const [before, last, path] = [await proxy(), await caughtUp(2), await source()];
    const mended = (await mendings()).length;
    await instar.kill();
    const from = Date.now();
    process.kill(before.pid, "SIGKILL");
    await until("the proxy to run again", async () => (await instar.running("proxy")).some(({ pid }) => pid !== before.pid));
    const again = await until("it to read its files", async () => (await seen()).find(({ at }) => at > from));
    expect((await proxy()).id).toBe(before.id);
    expect(again).toMatchObject({ hosts: last.hosts, resolv: last.resolv, inode: last.inode, names: { own: last.names.own } });
    writeFileSync(path, "# Managed by Instar\n10.0.0.66\tevi", { flag: "r+" });
    await instar.up();
    await until("the event", async () => (await mendings()).length > mended);
    await back(last.hosts);
    expect((await seen()).at(-1)?.inode).toBe(last.inode);
  });
});
