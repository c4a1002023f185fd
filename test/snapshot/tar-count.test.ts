import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { TarCount } from "../../src/snapshot/tar-count.ts";
import { tarOf } from "../sim/fake-volumes.ts";

const folder = mkdtempSync(join(tmpdir(), "instar-tar-"));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (tar: Buffer, piece = 1000): TarCount => {
  const count = new TarCount();
  for (let at = 0; at < tar.length; at += piece) count.add(tar.subarray(at, at + piece));
  return count;
};

describe("a whole tar", () => {
  mkdirSync(join(folder, `${"d".repeat(120)}/${"e".repeat(120)}`), { recursive: true });
  writeFileSync(join(folder, "a"), "hello");
  writeFileSync(join(folder, "block"), Buffer.alloc(512, 1));
  symlinkSync("a", join(folder, "link"));
  writeFileSync(join(folder, "sparse"), "x");
  truncateSync(join(folder, "sparse"), 9 * 2 ** 30);

  test.each(["posix", "gnu"])("as GNU tar writes it, format %s, with a sparse file of 9 GiB", (format) => {
    const tar = execFileSync("tar", ["-c", "--sparse", `--format=${format}`, "-C", folder, "."], { maxBuffer: 1e8 });
    for (const piece of [1, 511, 512, 513, 100_000]) {
      const count = read(tar, piece);
      expect([count.end(), count.entries, count.bytes]).toEqual([null, 7, tar.length]);
    }
  });

  test("as tar-stream writes it", async () => {
    const count = read(await tarOf({ a: "hello", b: "" }));
    expect([count.end(), count.entries]).toEqual([null, 3]);
  });

  test("a pax size counts for the entry that follows", () => {
    const record = "20 size=10000000000\n";
    const header = (type: string, size: string): Buffer => {
      const block = Buffer.alloc(512);
      block.write("name", 0);
      block.write(size, 124);
      block.write(type, 156);
      block.write("        ", 148);
      block.write(
        `${block
          .reduce((a, b) => a + b, 0)
          .toString(8)
          .padStart(6, "0")}\0 `,
        148,
      );
      return block;
    };
    const count = read(Buffer.concat([header("x", (20).toString(8)), Buffer.from(record.padEnd(512, "\0")), header("0", "0")]));
    expect(count.fault).toBeNull();
    for (let left = 10_000_000_000; left > 0; left -= 500_000_000) count.add(Buffer.alloc(Math.min(left, 500_000_000)));
    count.add(Buffer.alloc(512 - (10_000_000_000 % 512)));
    expect(count.end()).toBe("it ends too early");
    count.add(Buffer.alloc(1024));
    expect([count.end(), count.entries]).toEqual([null, 1]);
  });
});

describe("what is none", () => {
  test("nothing, noise, and text", () => {
    expect(read(Buffer.alloc(0)).end()).toBe("it is empty");
    expect(read(Buffer.alloc(4096, 7)).end()).toBe("it is not a tar");
    expect(read(Buffer.from("name: shop\n".repeat(100))).end()).toBe("it is not a tar");
  });

  test("cut off anywhere before its end mark", async () => {
    const tar = await tarOf({ a: "x".repeat(3000), b: "y" });
    for (let length = 1; length < tar.length - 512; length += 97) expect(read(tar.subarray(0, length)).end()).toBe("it ends too early");
  });
});
