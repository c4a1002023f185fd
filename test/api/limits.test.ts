import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { useDocument } from "../../src/api/document.ts";
import { useFailures } from "../../src/api/failure.ts";
import { buildRoutes } from "../../src/api/routes/build.ts";
import { execRoutes } from "../../src/api/routes/exec.ts";
import { volumeRoutes } from "../../src/api/routes/volumes.ts";
import type { App } from "../../src/api/types.ts";
import { useValidators } from "../../src/api/validate.ts";
import { InstarError } from "../../src/errors.ts";
import { ask } from "./http.ts";
import { type Running, running } from "./running.ts";
import { StandIn } from "./stand-in.ts";

const GIB = 2 ** 30;
const TAR = { "content-type": "application/x-tar" };
const BYTES = { "content-type": "application/octet-stream" };
const BUILD = "/v1/build?stack=shop&service=web";
const IMPORT = "/v1/snapshots/import?volume=shop_data";
const RUN = "/v1/execs/00000000-0000-0000-0000-000000000001/run";

describe("an address", () => {
  let r: Running;
  beforeEach(async () => {
    r = await running();
  });
  afterEach(() => r.stop());

  test.each([
    ["a name of 255 characters, as long as they can be", "v".repeat(255), 404, "INS2012"],
    ["the same, each written as %xx", "%76".repeat(255), 404, "INS2012"],
    ["a name that is longer", "v".repeat(256), 400, "INS2001"],
    ["a name that is longer than any", "v".repeat(2000), 400, "INS2001"],
    ["what is no address", "%zz", 400, "INS2001"],
  ])("with %s", async (_what, name, status, code) => {
    for (const socket of [true, false])
      expect(await ask(r, `/v1/volumes/${name}`, { method: "DELETE", socket })).toMatchObject({ status, json: { error: { code } } });
  });
});

describe("a body that is too large is told the limit", () => {
  let r: Running;
  beforeEach(async () => {
    r = await running();
  });
  afterEach(() => r.stop());

  const web = "/v1/stacks/shop/services/web/deploy";
  const form = { "content-type": "application/x-www-form-urlencoded" };

  test.each([
    ["of most routes", web, { body: { image: "x".repeat(70_000) } }, 64 * 1024],
    ["of the login form", "/login", { body: `token=${"x".repeat(5000)}`, headers: form, bare: true }, 4096],
    ["of a build, by what it says of itself", BUILD, { method: "POST", headers: { ...TAR, "content-length": `${8 * GIB + 1}` } }, 8 * GIB],
    ["of an import", IMPORT, { method: "POST", headers: { ...BYTES, "content-length": `${16 * 1024 * GIB + 1}` } }, 16 * 1024 * GIB],
    ["of a command's input", RUN, { method: "POST", headers: { ...BYTES, "content-length": `${8 * GIB + 1}` } }, 8 * GIB],
  ])("%s", async (_what, path, how, limit) => {
    const answer = await ask(r, path, how);
    expect(answer).toMatchObject({ status: 413, json: { error: { code: "INS2010" } } });
    expect(answer.json.error.message).toContain(`${limit} bytes`);
  });
});

describe("a body that is let through as it comes", () => {
  const LIMIT = 100_000;
  let app: App;
  let control: StandIn;
  let url: string;
  const raised: unknown[] = [];
  const note = (error: unknown): void => void raised.push(error);

  beforeEach(async () => {
    control = new StandIn();
    app = fastify({ forceCloseConnections: true });
    await useDocument(app);
    useValidators(app);
    useFailures(app);
    app.setSerializerCompiler(() => JSON.stringify);
    app.decorateRequest("who", "me");
    buildRoutes(app, control, LIMIT);
    volumeRoutes(app, control, LIMIT);
    execRoutes(app, control, LIMIT);
    await app.listen({ host: "127.0.0.1", port: 0 });
    url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    raised.length = 0;
    process.on("uncaughtException", note);
  });
  afterEach(async () => {
    process.off("uncaughtException", note);
    await app.close();
    expect(raised).toEqual([]);
  });

  /** Piece by piece, without saying before how long it is; the whole answer. */
  async function send(path: string, headers: Record<string, string>, bytes: number): Promise<string> {
    async function* body() {
      for (let sent = 0; sent < bytes; sent += 10_000) yield Buffer.alloc(Math.min(10_000, bytes - sent), "x");
    }
    const answer = await fetch(`${url}${path}`, { method: "POST", headers, body: body(), duplex: "half" } as RequestInit);
    return answer.text();
  }

  test.each([
    ["a build", BUILD, TAR, '{"image":'],
    ["an import", IMPORT, BYTES, '{"snapshots":[{'],
    ["a command", RUN, BYTES, "XXXX"],
  ])("%s ends at the limit, and takes what is just as long", async (_what, path, headers, whole) => {
    const taken = await send(path, headers, LIMIT);
    expect(taken).toContain(whole);
    expect(taken).not.toContain("INS2010");
    // Far more than any buffer on the way holds: what is beyond is let through, so that the sender hears why.
    const refused = await send(path, headers, 3_000_000);
    expect(refused).toContain('"INS2010"');
    expect(refused).toContain(`${LIMIT} bytes`);
    expect(refused).not.toContain('{"image":');
    expect(refused).not.toContain('{"snapshots":');
  });

  test("a build is told the limit even where the engine's own words are others", async () => {
    control.build = async (_stack, _service, context) => {
      context.on("error", () => undefined).resume();
      await new Promise((resolve) => context.once("close", resolve));
      throw new InstarError("INS3001", "the engine went away during POST /build");
    };
    expect(await send(BUILD, TAR, 3_000_000)).toContain('"INS2010"');
  });

  test("one that nobody reads is let through beyond the limit", async () => {
    control.volumes.import = async () => {
      throw new InstarError("INS2012", "there is no volume");
    };
    expect(await send(IMPORT, BYTES, 3_000_000)).toContain('"INS2012"');
  });

  test("one whose sender leaves before it is read ends no daemon", async () => {
    const left = new Promise<void>((resolve) => {
      app.server.once("request", (asked) => asked.once("close", () => setImmediate(resolve)));
    });
    const sender = request(`${url}${IMPORT}`, { method: "POST", headers: BYTES, agent: false });
    sender.on("error", () => undefined);
    const heard = new Promise<unknown>((resolve) => {
      control.volumes.import = async (tar) => {
        sender.destroy();
        await left;
        const end = await tar[Symbol.asyncIterator]()
          .next()
          .catch((error: unknown) => error);
        resolve(end);
        throw end;
      };
    });
    sender.write("begun");
    expect(await heard).toMatchObject({ code: "INS2015" });
  });
});
