import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
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

const PROXY = "shop-proxy-r1-1-a1";
const TEMPLATE = "{{#peers.web}}\n{{address}}\t{{name}}\n{{/peers.web}}\n";
const proxy = (onChange: OnChange = { kind: "nothing" }): Partial<ServiceSpec> => ({
  image: "shop/proxy:v1",
  ports: [],
  replicas: 1,
  ready: { kind: "tcp", port: 1 },
  container: { extraHosts: ["far:192.0.2.1"] },
  context: { files: {}, etc: { hosts: TEMPLATE, "resolv.conf": "{{#peers.web}}nameserver {{address}}\n{{/peers.web}}" }, onChange },
});

const sourceOf = (name: string, target = "/etc/hosts"): string =>
  house.engine.control.container(name).blueprint.files?.find((file) => file.target === target)?.source ?? "";
const textOf = (name: string, target?: string): string => readFileSync(sourceOf(name, target), "utf8");
const peersIn = (text: string): string[] => text.split("\n").flatMap((line) => /\t(shop-web-\S+)$/.exec(line)?.[1] ?? []);
const start = async (more: Partial<ServiceSpec> = {}, onChange?: OnChange): Promise<string> => {
  await house.upToTheEnd({ web: {}, proxy: { ...proxy(onChange), ...more } });
  await followed();
  return PROXY;
};
const followed = (name = PROXY) =>
  house.until(async () => {
    const [is, wanted] = [peersIn(textOf(name)), await house.serving()];
    return wanted.length > 0 && is.join() === wanted.join();
  });
const scale = async (count: number): Promise<unknown> =>
  house.ended((await house.daemon.control.scale({ stack: "shop", service: "web" }, count, "me")).id);
const mendings = async () => (await house.daemon.control.events({ limit: 1000 })).filter(({ kind }) => kind === "context.mended");
/** As a mount has it: the file, whatever its name leads to later. */
const inode = (name: string): number => statSync(sourceOf(name)).ino;

describe("a managed hosts file", () => {
  it("is whole before its instance starts: the engine's lines, extra_hosts, its own name", async () => {
    const begun = new Map<string, string>();
    const { start: really } = house.engine;
    house.engine.start = async (name) => {
      if (name.includes("-proxy-")) begun.set(name, textOf(name));
      return really(name);
    };
    await start({ replicas: 2 });
    expect([...begun.keys()].sort()).toEqual([PROXY, "shop-proxy-r1-2-a1"]);
    for (const [name, text] of begun) {
      const { id, blueprint } = house.engine.control.container(name);
      const own = `${blueprint.networks[0]?.address}\t${id.slice(0, 12)}\n`;
      expect(text).toContain(`127.0.0.1\tlocalhost\n`);
      expect(text).toContain(`192.0.2.1\tfar\n${own}`);
      expect(textOf(name)).toContain(own);
    }
    expect(await mendings()).toEqual([]);
  });

  it("follows its peers in place, and nothing is replaced under on_change: nothing", async () => {
    const name = await start();
    const before = inode(name);
    expect(textOf(name, "/etc/resolv.conf").match(/^nameserver 10\./gm)).toHaveLength(2);
    await scale(3);
    await followed();
    expect(peersIn(textOf(name))).toHaveLength(3);
    await house.until(async () => textOf(name, "/etc/resolv.conf").match(/^nameserver 10\./gm)?.length === 3);
    expect(inode(name)).toBe(before);
    expect(await house.serving("proxy")).toEqual([name]);
    expect(await mendings()).toEqual([]);
  });

  it("under replace gives fresh instances with files of their own, and the old ones go", async () => {
    house.longestWaitMs = 500;
    await house.reopen();
    const name = await start({}, { kind: "replace" });
    const old = dirname(sourceOf(name));
    await scale(3);
    await house.until(async () => {
      const [latest] = (await house.daemon.control.history({ stack: "shop", service: "proxy" })).deployments;
      return latest?.cause.kind === "context" && latest.outcome === "succeeded";
    });
    const [fresh = ""] = await house.serving("proxy");
    expect(fresh).not.toBe(name);
    await followed(fresh);
    expect(dirname(sourceOf(fresh))).not.toBe(old);
    await house.until(async () => !existsSync(old));
    expect(existsSync(sourceOf(fresh))).toBe(true);
  });

  it.each([
    ["an edit", (path: string) => writeFileSync(path, "10.0.0.66 evil\n")],
    ["another file under its name", instead],
  ])("%s is put back into the file that is mounted, and said", async (_name, edit) => {
    const name = await start();
    const [before, text] = [inode(name), textOf(name)];
    edit(sourceOf(name));
    await house.until(async () => textOf(name) === text && (await mendings()).length > 0);
    expect(inode(name)).toBe(before);
    expect((await mendings())[0]?.message).toMatch(
      /^managed files of shop\/proxy .*hosts (has another content|was replaced) of shop-proxy-r1-1-a1/,
    );
  });

  it("half of a write is put right by the next daemon, and said; one that was on its way to other peers is ended", async () => {
    const name = await start();
    const [before, text] = [inode(name), textOf(name)];
    await house.close();
    writeFileSync(sourceOf(name), "# Managed by Instar\n10.209.0.9\tshop-web-r9", { flag: "r+" });
    await house.open();
    await house.until(async () => textOf(name) === text && (await mendings()).length === 1);
    await house.close();
    writeFileSync(sourceOf(name), "# Managed by Instar\n10.209.0.9\tshop-web-r9", { flag: "r+" });
    house.engine.control.vanish("shop-web-r1-2-a1");
    await house.open();
    await house.until(async () => (await house.serving()).length === 2);
    await house.until(async () => !textOf(name).includes("shop-web-r9"));
    await followed();
    expect(inode(name)).toBe(before);
  });

  it("a daemon that begins writes and says nothing where all is as it was", async () => {
    const name = await start();
    const { mtimeMs } = statSync(sourceOf(name));
    const count = async () => (await house.daemon.control.events({ limit: 1000 })).filter(({ kind }) => kind.startsWith("context.")).length;
    const before = await count();
    await house.reopen();
    await house.until(async () => (await house.serving()).length === 2);
    await followed();
    expect(await count()).toBe(before);
    expect(statSync(sourceOf(name)).mtimeMs).toBe(mtimeMs);
  });

  it("an instance whose file is lost for good is replaced, whatever on_change says", async () => {
    const name = await start();
    rmSync(dirname(sourceOf(name)), { recursive: true });
    const fresh = await house.until(async () => (await house.serving("proxy")).find((one) => one !== name) ?? null);
    await followed(fresh);
    expect((await mendings())[0]?.message).toMatch(/hosts is gone of .*shop-proxy-r1-1-a1 cannot see it and will be replaced/);
    expect(existsSync(sourceOf(fresh))).toBe(true);
  });

  it("so is one whose folder went while no daemon ran, although its peers are others now", async () => {
    const name = await start();
    await house.close();
    rmSync(dirname(sourceOf(name)), { recursive: true });
    house.engine.control.vanish("shop-web-r1-2-a1");
    await house.open();
    const fresh = await house.until(async () => (await house.serving("proxy")).find((one) => one !== name) ?? null);
    await followed(fresh);
    expect((await mendings()).map(({ message }) => message)).toEqual([
      "managed files of shop/proxy were gone and are made anew; shop-proxy-r1-1-a1 cannot see them and will be replaced",
    ]);
  });
});

/** As `sed -i` and most editors do. */
function instead(path: string): void {
  writeFileSync(`${path}~`, "10.0.0.66 evil\n");
  renameSync(`${path}~`, path);
}
