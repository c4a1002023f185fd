import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openContextFiles } from "../../src/files/rendered.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "instar-context-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const at = () => {
  const files = openContextFiles(home);
  return { files, place: files.place({ stack: "shop", service: "proxy" }, "a".repeat(64)) };
};
const sets = (place: string) => readdirSync(place).filter((name) => name.startsWith("..set-"));

describe("rendered files", () => {
  it("are plain, for whatever user reads them, and lead over one link", async () => {
    const { files, place } = at();
    await files.put(place, { "a.conf": "1\n", b: "2\n" });
    expect(readFileSync(join(place, "a.conf"), "utf8") + readFileSync(join(place, "b"), "utf8")).toBe("1\n2\n");
    expect(statSync(join(place, "a.conf")).mode & 0o777).toBe(0o444);
    expect(statSync(place).mode & 0o005).toBe(0o005);
    expect(await files.differences(place, { "a.conf": "1\n", b: "2\n" })).toEqual([]);
  });

  it("can be read by any user whatever the daemon's umask is", async () => {
    const { files, place } = at();
    const before = process.umask(0o077);
    try {
      await files.put(place, { a: "1" });
    } finally {
      process.umask(before);
    }
    const modes = [place, realpathSync(join(place, "..data")), join(place, "a")].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o755, 0o755, 0o444]);
  });

  it("change as one: a reader that holds the set of before reads all of it", async () => {
    const { files, place } = at();
    await files.put(place, { a: "1", b: "1" });
    const before = realpathSync(join(place, "..data"));
    await files.put(place, { a: "2", b: "2" });
    expect(readFileSync(join(place, "a"), "utf8") + readFileSync(join(place, "b"), "utf8")).toBe("22");
    expect(readFileSync(join(before, "a"), "utf8") + readFileSync(join(before, "b"), "utf8")).toBe("11");
  });

  it("never show half of a set to a reader in a loop", async () => {
    const { files, place } = at();
    const text = (n: number) => `${n}\n`.repeat(2000);
    await files.put(place, { a: text(0), b: text(0) });
    let done = false;
    const seen = new Set<string>();
    const reading = (async () => {
      while (!done) {
        const set = realpathSync(join(place, "..data"));
        const [a, b] = [readFileSync(join(set, "a"), "utf8"), readFileSync(join(set, "b"), "utf8")];
        expect(a).toBe(b);
        expect(a).toBe(`${a.split("\n")[0]}\n`.repeat(2000));
        seen.add(a);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let n = 1; n <= 30; n++) await files.put(place, { a: text(n), b: text(n) });
    done = true;
    await reading;
    expect(seen.size).toBeGreaterThan(5);
  });

  it.each<[string, (place: string) => void, RegExp]>([
    ["an edit in place", (place) => writeFileSync(join(realpathSync(place), "..x"), ""), /added/],
    ["another content", (place) => overwrite(join(place, "a")), /another content/],
    ["a file in place of the link", (place) => instead(join(place, "a"), (path) => writeFileSync(path, "1")), /replaced/],
    ["a removed file", (place) => rmSync(realpathSync(join(place, "a"))), /gone/],
    ["a turned link", (place) => instead(join(place, "..data"), (path) => symlinkSync("/etc", path)), /elsewhere/],
    ["a file more in the set", (place) => writeFileSync(join(realpathSync(join(place, "..data")), "c"), ""), /added/],
  ])("%s is found, and put back by the next put", async (_name, spoil, words) => {
    const { files, place } = at();
    const wanted = { a: "1", b: "2" };
    await files.put(place, wanted);
    spoil(place);
    expect((await files.differences(place, wanted)).join()).toMatch(words);
    await files.put(place, wanted);
    expect(await files.differences(place, wanted)).toEqual([]);
  });

  it("a watch tells of a touch", async () => {
    const { files, place } = at();
    await files.put(place, { a: "1" });
    const touched = new Promise<void>((resolve) => {
      const unwatch = files.watch(place, () => {
        unwatch();
        resolve();
      });
    });
    overwrite(join(place, "a"));
    await touched;
  });

  it("are told of as made anew where their folder was not there", async () => {
    const { files, place } = at();
    expect([await files.put(place, { a: "1" }), await files.put(place, { a: "2" })]).toEqual([true, false]);
    rmSync(place, { recursive: true });
    expect(await files.put(place, { a: "2" })).toBe(true);
  });

  it("old sets go", async () => {
    const { files, place } = at();
    for (let n = 0; n < 3; n++) await files.put(place, { a: String(n) });
    expect(sets(place)).toHaveLength(3);
    // A daemon that begins remembers no reader.
    await openContextFiles(home).put(place, { a: "9" });
    expect(sets(place).length).toBeLessThanOrEqual(2);
  });
});

/** As an editor of root does. */
function overwrite(path: string): void {
  writeFileSync(path, "edited by hand");
}

function instead(path: string, make: (path: string) => void): void {
  rmSync(path);
  make(path);
}
