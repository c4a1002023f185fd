import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Api, createApi } from "../../src/api/server.ts";
import type { ApiOptions } from "../../src/api/types.ts";
import { StandIn } from "../api/stand-in.ts";
import { run } from "./spawn.ts";

let home: string;
let away: string;
let api: Api | null;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "instar-cli-"));
  away = mkdtempSync(join(tmpdir(), "instar-cli-"));
  api = null;
});
afterEach(async () => {
  await api?.close();
  for (const folder of [home, away]) rmSync(folder, { recursive: true });
});

async function serving(body: () => Readable): Promise<void> {
  const backup: ApiOptions["backup"] = async () => ({ name: "instar-x-d.tar.zst", bytes: 1, body: body() });
  api = createApi({ control: new StandIn(), token: "t", log: pino({ level: "silent" }), version: "0", backup });
  await api.listen({ socket: join(home, "instar.sock"), address: null });
}
const instar = (...args: string[]) => run(args, { INSTAR_HOME: home }, away);

describe("instar backup", () => {
  test("under its own name in this folder, or the name given, for its owner only; `-` is standard output", async () => {
    await serving(() => Readable.from(["what ", "it is"]));
    expect(await instar("backup")).toMatchObject({ code: 0, out: expect.stringContaining("instar-x-d.tar.zst  10 B") });
    expect(JSON.parse((await instar("backup", "b", "--json")).out)).toEqual({ file: join(away, "b"), bytes: 10 });
    expect(await instar("backup", "-")).toMatchObject({ code: 0, out: "what it is", err: "" });
    expect(readdirSync(away).sort()).toEqual(["b", "instar-x-d.tar.zst"]);
    expect([readFileSync(join(away, "b"), "utf8"), statSync(join(away, "b")).mode & 0o777]).toEqual(["what it is", 0o600]);
  });

  test("what does not arrive whole is not kept, and what was there stays", async () => {
    await serving(() =>
      Readable.from(
        (async function* () {
          yield "a beginning";
          await new Promise((resolve) => setImmediate(resolve));
          throw new Error("cut");
        })(),
      ),
    );
    writeFileSync(join(away, "b"), "before");
    const ended = await instar("backup", "b");
    expect([ended.code, ended.err]).toEqual([69, expect.stringContaining("INS7001 the backup did not arrive whole, and was not kept")]);
    expect(readdirSync(away)).toEqual(["b"]);
    expect(readFileSync(join(away, "b"), "utf8")).toBe("before");
  });
});

test("instar restore names what is wrong with a file, and makes no home of it", async () => {
  writeFileSync(join(away, "b"), "no archive");
  const into = join(away, "home");
  expect(await instar("restore", "b", "--home", into)).toMatchObject({
    code: 65,
    err: expect.stringContaining("INS6010 b cannot be restored"),
  });
  expect(await instar("restore", "none", "--home", into)).toMatchObject({ code: 64, err: expect.stringContaining("INS2001") });
  expect(readdirSync(away)).toEqual(["b"]);
});
