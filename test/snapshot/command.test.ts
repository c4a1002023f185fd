import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ask } from "../api/http.ts";
import { type Running, running } from "../api/running.ts";
import { run, start } from "../cli/spawn.ts";

let r: Running;
let folder = "";
const instar = (...args: string[]) => run(args, { INSTAR_HOME: r.home });
beforeAll(async () => {
  r = await running();
  folder = mkdtempSync(join(tmpdir(), "instar-export-"));
});
beforeEach(() => r.control.volumes.reset());
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await r.stop();
});
const ID = "20261122-231507-000000";

describe("volumes", () => {
  test("the table marks an orphan; --json has it all", async () => {
    const { out } = await instar("volumes");
    expect(out).toMatch(/^VOLUME {5}STACK {2}SIZE {5}SNAPSHOT {2}USED BY {2}STATE\nshop_data {2}shop {3}1\.4 MiB {2}none .* orphan/);
    expect(JSON.parse((await instar("volumes", "--json")).out).volumes[0]).toMatchObject({
      name: "shop_data",
      bytes: 1_500_000,
      orphan: true,
    });
    expect(JSON.parse((await instar("volumes", "other", "--json")).out)).toEqual({ volumes: [] });
  });

  test("rm wants the name once more, or --yes", async () => {
    const asked = await instar("volume", "rm", "shop_data");
    expect([asked.code, asked.err]).toEqual([64, expect.stringContaining("INS2014")]);
    expect(r.control.volumes.did).toEqual([]);
    expect((await instar("volume", "rm", "shop_data", "--yes")).out).toBe("deleted volume shop_data\n");
    expect((await instar("volume", "rm", "shop_data", "--yes", "--json")).err).toContain('"INS2012"');
    expect((await instar("volume", "prune", "x")).code).toBe(64);
  });
});

describe("snapshot", () => {
  test("create tells of its progress on stderr, and of the result on stdout", async () => {
    const { code, out, err } = await instar("snapshot", "create", "shop_data");
    expect({ code, err }).toEqual({ code: 0, err: "reading shop_data, about 20 B\n" });
    expect(out).toMatch(new RegExp(`^${ID} {2}shop_data {2}5 B, \\d+ B on disk, sha256 [0-9a-f]{64}\n$`));
    const { out: json, err: none } = await instar("snapshot", "create", "shop_data", "--running", "--json");
    expect([JSON.parse(json).snapshots[0].consistency, none]).toEqual(["crash", ""]);
    expect((await instar("snapshot", "ls", "shop_data")).out).toContain("taken while a writer ran");
  });

  test("restore, verify and rm", async () => {
    await instar("snapshot", "create", "shop_data");
    expect((await instar("snapshot", "restore", ID)).code).toBe(64);
    expect((await instar("snapshot", "restore", ID, "--yes")).out).toBe(`restored shop_data from ${ID}\n`);
    expect(r.control.volumes.did[0]).toMatch(new RegExp(` restored ${ID}$`));
    expect((await instar("snapshot", "verify", ID)).out).toMatch(/ is whole: sha256 [0-9a-f]{64}\n$/);
    expect((await instar("snapshot", "rm", ID)).out).toBe(`removed ${ID}\n`);
    for (const action of ["restore", "verify", "rm"]) {
      const { code, err } = await instar("snapshot", action, ID, "--yes");
      expect([action, code, err]).toEqual([action, 1, expect.stringContaining("INS2013")]);
    }
  });

  test.each([
    [["snapshot"]],
    [["snapshot", "make"]],
    [["snapshot", "create"]],
    [["snapshot", "import", "-"]],
    [["snapshot", "rm", "../x"]],
  ])("%j is a mistake in the usage", async (args) => expect((await instar(...args)).code).toBe(64));

  test("export is a plain tar, or compressed for .zst; whole or not at all", async () => {
    await instar("snapshot", "create", "shop_data");
    const [plain, packed] = [join(folder, "x.tar"), join(folder, "x.tar.zst")];
    expect((await instar("snapshot", "export", ID, plain)).code).toBe(0);
    expect((await instar("snapshot", "export", ID, packed)).code).toBe(0);
    expect(readFileSync(plain, "utf8")).toBe("a tar");
    expect(zstdDecompressSync(readFileSync(packed)).toString()).toBe("a tar");
    expect((await instar("snapshot", "export", ID)).out).toBe("a tar");
    r.control.volumes.garble = true;
    const { code, err } = await instar("snapshot", "export", ID, join(folder, "y.tar.zst"));
    expect([code, err]).toEqual([1, expect.stringContaining("INS3014")]);
    expect(readdirSync(folder).sort()).toEqual(["x.tar", "x.tar.zst"]);
  });

  test.each([
    ["plain", (tar: Buffer) => tar],
    ["zstd", zstdCompressSync],
    ["gzip", gzipSync],
    ["shorter than any mark", (tar: Buffer) => tar.subarray(0, 2)],
  ])("import takes it %s", async (name, pack) => {
    const tar = Buffer.from("some tar ".repeat(50_000));
    const file = join(folder, "import");
    writeFileSync(file, pack(tar));
    const { code, out } = await instar("snapshot", "import", file, "--volume", "new_data", "--stack", "new");
    expect([code, out]).toEqual([0, expect.stringContaining(`instar snapshot restore ${ID}`)]);
    expect(r.control.volumes.taken.get(ID)?.tar.length).toBe(name.startsWith("shorter") ? 2 : tar.length);
    rmSync(file);
  });

  test("import of a broken archive is refused", async () => {
    const file = join(folder, "broken");
    writeFileSync(file, gzipSync(Buffer.from("some tar ".repeat(50_000))).subarray(0, -9));
    const { code, err } = await instar("snapshot", "import", file, "--volume", "new_data", "--stack", "new");
    expect([code, err]).toEqual([65, expect.stringContaining("INS2015")]);
    rmSync(file);
  });

  test("Ctrl-C only stops watching", async () => {
    r.control.volumes.hold();
    const watching = start(["snapshot", "create", "shop_data"], { INSTAR_HOME: r.home });
    await watching.saw("reading shop_data");
    watching.signal("SIGINT");
    const { code, err } = await watching.ended;
    expect([code, err]).toEqual([130, expect.stringContaining("the daemon goes on")]);
    r.control.volumes.letGo();
    await expect.poll(() => r.control.volumes.taken.size).toBe(1);
  });
});

test("names that lead elsewhere are refused by the API itself", async () => {
  for (const path of ["/v1/volumes/..%2f..%2fetc", "/v1/snapshots/..%2f..%2fetc"]) {
    expect((await ask(r, path, { method: "DELETE" })).status).toBe(400);
  }
});
