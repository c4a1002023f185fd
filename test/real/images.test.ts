import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createDockerEngine } from "../../src/engine/docker/engine.ts";
import { SOCKET } from "./docker-world.ts";
import { imageStore } from "./image-store.ts";
import { LOGIN, openRegistry, type Registry } from "./registry.ts";

const store = imageStore();
let open: Registry;
let closed: Registry;
let folder: string;
const engineWith = (configFolder: string) => createDockerEngine({ socketPath: SOCKET, installation: "test-images", configFolder });

beforeAll(async () => {
  open = await openRegistry({ withLogin: false });
  closed = await openRegistry({ withLogin: true });
  folder = await mkdtemp(join(tmpdir(), "instar-login-"));
});
afterAll(async () => {
  await store.close();
  await open.close();
  await closed.close();
  await rm(folder, { recursive: true });
});

describe("an image of a registry", () => {
  test("is pulled once when missing, and known by its manifest's and its config's digest", async () => {
    const engine = engineWith(folder);
    const reference = `${open.domain}/shop/web:1`;
    await store.import(reference, "one");
    const local = await engine.resolveImage(reference, "missing");
    await store.push(reference);
    await store.remove(reference);
    const lines: string[] = [];
    const pulled = await engine.resolveImage(reference, "missing", (line) => lines.push(line));
    expect(pulled.shown).not.toBe(local.shown);
    expect(pulled.digests).toEqual([local.shown, pulled.shown].sort());
    expect(pulled.runnable).toBe(`${open.domain}/shop/web@${pulled.shown}`);
    expect(lines).toContain(`Digest: ${pulled.shown}`);
    lines.length = 0;
    expect(await engine.resolveImage(reference, "missing", (line) => lines.push(line))).toEqual(pulled);
    expect(lines).toEqual([]);
    const byDigest = await engine.resolveImage(`${open.domain}/shop/web@${pulled.shown}`, "missing");
    expect(byDigest).toEqual({ ...pulled, reference: `${open.domain}/shop/web@${pulled.shown}` });
  });

  test("that was made here is pushed, and is had from there by the digest that the push tells", async () => {
    const engine = engineWith(folder);
    const [made, name] = ["instar-test/made:1", `${open.domain}/shop/made:1`];
    await store.import(made, "made here");
    store.adopt(name);
    const digest = await engine.push(made, name);
    for (const one of [made, name]) await store.remove(one);
    expect((await engine.resolveImage(`${open.domain}/shop/made@${digest}`, "missing")).shown).toBe(digest);
  });

  test("that a registry refuses is INS3037 with its words; with the login of docker login it is taken", async () => {
    const name = `${closed.domain}/shop/mine:1`;
    await store.import("instar-test/mine:1", "mine");
    store.adopt(name);
    await expect(engineWith(folder).push("instar-test/mine:1", name)).rejects.toMatchObject({
      code: "INS3037",
      message: expect.stringMatching(/no basic auth|unauthorized|authentication/),
    });
    const known = await mkdtemp(join(tmpdir(), "instar-login-"));
    const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64");
    await writeFile(join(known, "config.json"), JSON.stringify({ auths: { [closed.domain]: { auth } } }));
    expect(await engineWith(known).push("instar-test/mine:1", name)).toMatch(/^sha256:[0-9a-f]{64}$/);
    await rm(known, { recursive: true });
  });

  test("whose tag moved is the old one for `missing` and the new one for `always`; the old one can be restored", async () => {
    const engine = engineWith(folder);
    const reference = `${open.domain}/shop/moved:latest`;
    await store.import(reference, "first");
    await store.push(reference);
    const first = await engine.resolveImage(reference, "never");
    // Someone else pushes under the same tag.
    await store.import(`${open.domain}/shop/moved:other`, "second");
    await store.tag(`${open.domain}/shop/moved:other`, reference);
    await store.push(reference);
    await store.remove(`${open.domain}/shop/moved:other`);
    await store.remove(reference);
    await engine.restoreImage(first);
    await store.tag(first.runnable, reference);
    expect((await engine.resolveImage(reference, "missing")).shown).toBe(first.shown);
    const second = await engine.resolveImage(reference, "always");
    expect(second.shown).not.toBe(first.shown);
    expect(second.digests).not.toEqual(expect.arrayContaining([...first.digests]));
    expect(await engine.hasImage(first)).toBe(true);
    await store.remove(first.runnable);
    expect(await engine.hasImage(first)).toBe(false);
    await engine.restoreImage(first);
    expect(await engine.hasImage(first)).toBe(true);
    store.adopt(first.runnable);
    store.adopt(second.runnable);
  });

  test("that it does not have is INS3004 in its words; a registry that is not there says so, also beside a local copy", async () => {
    const engine = engineWith(folder);
    const reference = `${open.domain}/shop/there:1`;
    await store.import(reference, "there");
    await store.push(reference);
    await expect(engine.resolveImage(`${open.domain}/shop/there:2`, "missing")).rejects.toMatchObject({
      code: "INS3004",
      message: expect.stringMatching(/has no .*there:2.*manifest unknown/),
    });
    await open.stop();
    const unreachable = { code: "INS3004", message: expect.stringMatching(/cannot be reached.*connection refused/) };
    await expect(engine.resolveImage(reference, "always")).rejects.toMatchObject(unreachable);
    await expect(engine.resolveImage(`${open.domain}/shop/there:2`, "missing")).rejects.toMatchObject(unreachable);
    expect((await engine.resolveImage(reference, "missing")).digests).toHaveLength(2);
    await open.start();
  });

  test("tagged here under a name its registry does not know is taken as it is", async () => {
    const engine = engineWith(folder);
    await store.import(`${open.domain}/shop/base:1`, "base");
    await store.push(`${open.domain}/shop/base:1`);
    await store.tag(`${open.domain}/shop/base:1`, `${open.domain}/shop/retagged:1`);
    const image = await engine.resolveImage(`${open.domain}/shop/retagged:1`, "always");
    expect(image.runnable).toBe(image.shown);
    expect(image.digests).toHaveLength(2);
  });

  test("runs although its name is gone, as long as its content is here", async () => {
    const engine = engineWith(folder);
    const reference = `${open.domain}/shop/renamed:1`;
    await store.import(reference, "renamed");
    await store.push(reference);
    const image = await engine.resolveImage(reference, "never");
    await store.tag(reference, "conf-images/kept:1");
    await store.remove(reference);
    await store.remove(image.runnable);
    expect(await engine.hasImage(image)).toBe(true);
  });
});

describe("a registry that wants a login", () => {
  let reference: string;
  beforeAll(async () => {
    reference = `${closed.domain}/secret/web:1`;
    await store.import(reference, "secret");
    await store.push(reference, LOGIN);
    await store.remove(reference);
  });
  const configured = async (config: object): Promise<ReturnType<typeof engineWith>> => {
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    await store.remove(reference);
    return engineWith(folder);
  };
  const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64");

  test("says without one what to do", async () => {
    const engine = await configured({});
    await expect(engine.resolveImage(reference, "missing")).rejects.toMatchObject({
      code: "INS3004",
      hint: expect.stringContaining(`docker login ${closed.domain}`),
    });
  });

  test("takes the one of config.json, for pulls and for restores", async () => {
    const engine = await configured({ auths: { [closed.domain]: { auth } } });
    const image = await engine.resolveImage(reference, "missing");
    expect(image.digests).toHaveLength(2);
    await store.remove(reference);
    await engine.restoreImage(image);
    expect(await engine.hasImage(image)).toBe(true);
    store.adopt(image.runnable);
  });

  test("takes the one a credential helper gives", async () => {
    const helper = join(folder, "docker-credential-test");
    await writeFile(
      helper,
      `#!/bin/sh\n[ "$1" = get ] && [ "$(cat)" = "${closed.domain}" ] || exit 1\necho '${JSON.stringify({ Username: LOGIN.username, Secret: LOGIN.password })}'\n`,
    );
    await chmod(helper, 0o755);
    vi.stubEnv("PATH", `${folder}:${process.env["PATH"]}`);
    const engine = await configured({ credHelpers: { [closed.domain]: "test" } });
    expect((await engine.resolveImage(reference, "missing")).digests).toHaveLength(2);
    vi.unstubAllEnvs();
  });

  test.each([
    ["a helper that is not installed", { credsStore: "nowhere" }, /docker-credential-nowhere cannot be run/],
    ["a helper that is a path", { credsStore: "../../bin/sh" }, /no usable name/],
    ["a wrong password", { auths: { all: {} } }, /unauthorized/],
  ])("with %s: INS3004", async (_case, config, words) => {
    const wrong = { auths: { [closed.domain]: { auth: Buffer.from("instar:wrong").toString("base64") } } };
    const engine = await configured("auths" in config ? wrong : config);
    await expect(engine.resolveImage(reference, "missing")).rejects.toMatchObject({
      code: "INS3004",
      message: expect.stringMatching(words),
    });
  });

  test("a config.json that is no JSON is INS3004, not a pull without a login", async () => {
    await writeFile(join(folder, "config.json"), "{");
    await expect(engineWith(folder).resolveImage(reference, "missing")).rejects.toMatchObject({
      code: "INS3004",
      message: expect.stringContaining("config.json"),
    });
    await rm(join(folder, "config.json"));
  });
});
