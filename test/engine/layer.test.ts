import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BOUNDS, type Layer, type LayerBounds, readLayer } from "../../src/engine/docker/layer.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "instar-layer-"));
  for (const name of ["upper", "lower"]) mkdirSync(join(root, name), { mode: 0o755 });
  for (const folder of ["etc", "tmp", "app"]) mkdirSync(join(root, "lower", folder), { mode: 0o755 });
  writeFileSync(join(root, "lower/etc/motd"), "hello\n");
});
afterEach(() => rmSync(root, { recursive: true }));

const put = (path: string, content = "x"): void => {
  mkdirSync(join(root, "upper", path, ".."), { recursive: true, mode: 0o755 });
  writeFileSync(join(root, "upper", path), content);
};
const look = (before: Layer["read"] = new Map(), more: { writable?: string[]; stubs?: string[]; bounds?: Partial<LayerBounds> } = {}) =>
  readLayer(
    {
      upper: join(root, "upper"),
      lower: [join(root, "lower")],
      writable: more.writable ?? [],
      stubs: new Set(more.stubs ?? []),
      folders: new Map(),
    },
    before,
    { ...BOUNDS, ...more.bounds },
  );
const found = async (...args: Parameters<typeof look>): Promise<string[]> =>
  (await look(...args)).changed.map(({ kind, path }) => `${kind} ${path}`);

describe("the writable layer of a container", () => {
  it("nothing in it, nothing changed", async () => expect(await look()).toMatchObject({ changed: [], more: false }));

  it("a new file, a changed one, a link, a folder of its own; a folder that only leads there is none", async () => {
    put("etc/motd", "changed\n");
    put("app/new/page");
    symlinkSync("/etc/passwd", join(root, "upper/app/link"));
    expect(await found()).toEqual(["A /app/link", "A /app/new", "A /app/new/page", "C /etc/motd"]);
  });

  it("a folder with another mode", async () => {
    mkdirSync(join(root, "upper/app"));
    chmodSync(join(root, "upper/app"), 0o777);
    expect(await found()).toEqual(["C /app"]);
  });

  it("an empty folder that the image has too: something was there and is gone, which is a trace and no change", async () => {
    mkdirSync(join(root, "upper/tmp"), { mode: 0o755 });
    mkdirSync(join(root, "upper/app/new"), { recursive: true, mode: 0o755 });
    expect(await look()).toMatchObject({ changed: [{ path: "/app/new" }], traces: ["/tmp"] });
    expect((await look(new Map(), { writable: ["/tmp/scratch"] })).traces).toEqual([]);
    expect((await look(new Map(), { stubs: ["/tmp/mounted"] })).traces).toEqual([]);
  });

  it("mount points are the engine's, unless something was written into them", async () => {
    put("sbin/docker-init", "");
    mkdirSync(join(root, "upper/data"), { mode: 0o755 });
    const stubs = ["/sbin/docker-init", "/data"];
    expect(await found(new Map(), { stubs })).toEqual([]);
    put("sbin/docker-init", "not empty");
    put("data/below");
    expect(await found(new Map(), { stubs })).toEqual(["A /data/below", "A /sbin/docker-init"]);
  });

  it("declared scratch may change; what is only called like it may not", async () => {
    put("work/a/b");
    put("workshop/a");
    expect(await found(new Map(), { writable: ["/work"] })).toEqual(["A /workshop", "A /workshop/a"]);
  });

  /** Calls `act` when the look, which has listed the folder by then, asks whether `path` is a mount point. */
  const between = (path: string, act: () => void): Set<string> => {
    const stubs = new Set<string>();
    stubs.has = (asked) => {
      if (asked === path) act();
      return false;
    };
    stubs[Symbol.iterator] = () => {
      act();
      return [][Symbol.iterator]();
    };
    return stubs;
  };
  const outside = (): string => {
    const folder = join(root, "outside");
    mkdirSync(folder);
    writeFileSync(join(folder, "page"), "the host's");
    writeFileSync(join(folder, "secret"), "the host's");
    return folder;
  };
  const swap = (folder: string): void => {
    renameSync(join(root, "upper", folder), join(root, "aside"));
    symlinkSync(outside(), join(root, "upper", folder));
  };
  const lookWith = (stubs: Set<string>) =>
    readLayer({ upper: join(root, "upper"), lower: [join(root, "lower")], writable: [], stubs, folders: new Map() }, new Map(), BOUNDS);

  it("a folder in whose place a link is put between two steps is not followed", async () => {
    put("fresh/page", "the instance's");
    let swapped = false;
    const stubs = between("", () => {
      if (!swapped) swap("fresh");
      swapped = true;
    });
    expect((await lookWith(stubs)).changed).toEqual([]);
    expect(swapped).toBe(true);
  });

  it("nor is a file read through it", async () => {
    put("app/page", "the instance's");
    const page = (await look()).changed;
    const stubs = between("/app/page", () => swap("app"));
    stubs[Symbol.iterator] = () => [][Symbol.iterator]();
    expect((await lookWith(stubs)).changed).toEqual(page);
  });

  it("a link in the image does not lead to the host's files, to compare with them", async () => {
    symlinkSync(outside(), join(root, "lower/linked"));
    put("linked/secret", "the instance's");
    expect(await found()).toEqual(["C /linked", "A /linked/secret"]);
  });

  it("too many folders within folders are not gone into", async () => {
    put("a/b/c/d/e");
    expect(await look(new Map(), { bounds: { depth: 4 } })).toMatchObject({
      changed: [{ path: "/a" }, { path: "/a/b" }, { path: "/a/b/c" }],
      more: true,
    });
  });

  it("a second edit has another hash, also of the same size and with its time set back, and also beyond the bounds", async () => {
    for (const bounds of [{}, { fileBytes: 2 }]) {
      put("etc/motd", "one\n");
      const first = await look(new Map(), { bounds });
      expect((await look(first.read, { bounds })).changed).toEqual(first.changed);
      put("etc/motd", "two\n");
      const second = await look(first.read, { bounds });
      expect(second.changed.map(({ path }) => path)).toEqual(["/etc/motd"]);
      expect(second.changed[0]?.hash).not.toBe(first.changed[0]?.hash);
    }
  });

  it("another mode is another hash", async () => {
    put("etc/motd", "one\n");
    const first = await look();
    chmodSync(join(root, "upper/etc/motd"), 0o777);
    expect((await look(first.read)).changed[0]?.hash).not.toBe(first.changed[0]?.hash);
  });

  it("a hundred thousand files are not all read, and the rest of the tree is", async () => {
    mkdirSync(join(root, "upper/app/many"), { recursive: true });
    for (let n = 0; n < 3000; n++) writeFileSync(join(root, `upper/app/many/${n}`), "");
    put("zone/one");
    const { changed, more } = await look();
    expect(more).toBe(true);
    expect(changed.length).toBeLessThanOrEqual(BOUNDS.perFolder + 4);
    expect(changed.map(({ path }) => path)).toContain("/zone/one");
    const few = await look(new Map(), { bounds: { entries: 10, paths: 5 } });
    expect(few.changed.length).toBeLessThanOrEqual(5);
    expect(few.more).toBe(true);
  });

  it("what nobody may read raises what the file system says", async () => {
    rmSync(join(root, "upper"), { recursive: true });
    await expect(look()).rejects.toMatchObject({ code: "ENOENT" });
  });
});
