import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openInPlace } from "../../src/files/in-place.ts";

const KEY = { stack: "shop", service: "proxy" };
const IDENTITY = "a".repeat(64);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "instar-etc-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const at = () => {
  const files = openInPlace(root);
  return { files, place: files.place(KEY, IDENTITY, "shop-proxy-r1-1-a1") };
};

/** What a mount of the file shows: the file that had the name at the start, whatever has it later. */
const mounted = (place: string, name = "hosts") => {
  const file = openSync(join(place, name), "r");
  return (): string => {
    const bytes = Buffer.alloc(100_000);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0)).toString();
  };
};

describe("files in place", () => {
  it("keep their inode through longer and shorter contents, and anybody can read them", async () => {
    const { files, place } = at();
    expect(await files.put(place, { hosts: "one\n", "resolv.conf": "r\n" })).toEqual(["hosts", "resolv.conf"]);
    const seen = mounted(place);
    const { ino } = statSync(join(place, "hosts"));
    for (const text of ["a much longer text\n".repeat(1000), "short\n", ""]) {
      expect(await files.put(place, { hosts: text, "resolv.conf": "r\n" })).toEqual([]);
      expect(seen()).toBe(text);
      expect(await files.differences(place, { hosts: text, "resolv.conf": "r\n" })).toEqual([]);
    }
    expect(statSync(join(place, "hosts"))).toMatchObject({ ino, mode: 0o100644 });
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ["an edit", (path) => writeFileSync(path, "by hand"), /hosts has another content/],
    ["half of a write", (path) => writeFileSync(path, "second c", { flag: "r+" }), /hosts has another content/],
    ["another file under its name", (path) => replaced(path, "by hand"), /hosts was replaced/],
    ["another file with the same content", (path) => replaced(path, "first content\n"), /hosts was replaced/],
    ["a removed file", (path) => rmSync(path), /hosts is gone/],
    ["a folder in its place", (path) => instead(path), /hosts is gone/],
    ["rights", (path) => chmodSync(path, 0o600), /hosts has other rights/],
  ])("%s is found, and put right in the file that is mounted", async (_name, spoil, words) => {
    const { files, place } = at();
    await files.put(place, { hosts: "first content\n" });
    const seen = mounted(place);
    spoil(join(place, "hosts"));
    expect((await files.differences(place, { hosts: "first content\n" })).join()).toMatch(words);
    expect(await files.put(place, { hosts: "first content\n" })).toEqual([]);
    expect(await files.differences(place, { hosts: "first content\n" })).toEqual([]);
    expect(seen()).toBe("first content\n");
    await files.put(place, { hosts: "next\n" });
    expect(seen()).toBe("next\n");
  });

  it("a lost second name is given again; when both are lost, it says whose inode is another", async () => {
    const { files, place } = at();
    await files.put(place, { hosts: "1\n" });
    const seen = mounted(place);
    rmSync(join(place, ".kept"), { recursive: true });
    expect(await files.put(place, { hosts: "2\n" })).toEqual([]);
    expect(seen()).toBe("2\n");
    rmSync(place, { recursive: true });
    expect(await files.put(place, { hosts: "3\n" })).toEqual(["hosts"]);
    expect(seen()).toBe("2\n");
  });

  it("a first put that was broken off anywhere is ended by the next", async () => {
    const { files, place } = at();
    mkdirSync(join(place, ".kept"), { recursive: true });
    writeFileSync(join(place, ".kept", "hosts"), "");
    linkSync(join(place, ".kept", "hosts"), join(place, ".kept", "hosts.new"));
    await files.put(place, { hosts: "1\n" });
    expect(readFileSync(join(place, "hosts"), "utf8")).toBe("1\n");
    expect(await files.differences(place, { hosts: "1\n" })).toEqual([]);
  });

  it("are one folder for each instance, and go with it", async () => {
    const { files, place } = at();
    const other = files.place(KEY, IDENTITY, "shop-proxy-r1-2-a1");
    await files.put(place, { hosts: "1\n" });
    await files.put(other, { hosts: "2\n" });
    expect([...(await files.instances(KEY, IDENTITY))].sort()).toEqual(["shop-proxy-r1-1-a1", "shop-proxy-r1-2-a1"]);
    await files.remove(KEY, IDENTITY, "shop-proxy-r1-2-a1");
    expect(await files.instances(KEY, IDENTITY)).toEqual(["shop-proxy-r1-1-a1"]);
    await files.remove(KEY, IDENTITY, null);
    expect(await files.instances(KEY, IDENTITY)).toEqual([]);
  });

  it("a watch tells of a touch", async () => {
    const { files, place } = at();
    await files.put(place, { hosts: "1\n" });
    const touched = new Promise<void>((resolve) => {
      const unwatch = files.watch(place, () => {
        unwatch();
        resolve();
      });
    });
    writeFileSync(join(place, "hosts"), "by hand");
    await touched;
  });
});

/** As `sed -i` and most editors do. */
function replaced(path: string, text: string): void {
  writeFileSync(`${path}~`, text);
  renameSync(`${path}~`, path);
}

function instead(path: string): void {
  rmSync(path);
  mkdirSync(path);
}
