import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";

const LABEL = "dev.instar.test.kept";
let instar: Installation;
let port: number;
let label: string;
beforeAll(async () => {
  instar = await Installation.start({ savesItsOwn: true });
  port = await freePort();
  label = `${LABEL}=${port}`;
});
afterAll(async () => instar?.wipe());

/** Built by `up`: no registry has it. */
const build = (version: string, keep: number): object => {
  mkdirSync(join(instar.home, "files", "context"), { recursive: true });
  writeFileSync(join(instar.home, "files", "context", "Dockerfile"), `FROM ${rude("v1")}\nLABEL ${label}\nENV VERSION=${version}\n`);
  return {
    services: {
      web: { build: "./context", ports: [`${port}:8080`], "x-instar": { ready: { http: "/healthz" }, drain: "1s", keep } },
    },
  };
};
const version = async (): Promise<string> =>
  ((await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })).json()) as { version: string }).version;
const states = async () =>
  (await instar.json<{ images: { revision: number; state: string; saved: boolean; kept: boolean }[] }>("images", "shop/web")).images.map(
    ({ revision, state, saved, kept }) => ({ revision, state, saved, kept }),
  );
const blobs = (): string[] => readdirSync(join(instar.home, "images/blobs/sha256"));
/** `docker image prune -af`, of the images that this test made. */
const pruneEngine = () => instar.docker.pruneImages({ filters: { dangling: { false: true }, label: { [label]: true } } });

describe("images that only this engine has", () => {
  it("are saved before their deployment has succeeded, layers once", async () => {
    for (const one of ["one", "two"]) {
      const { code, deployments, stderr } = await instar.apply("shop", build(one, 2));
      expect([code, deployments[0]?.outcome], stderr).toEqual([0, "succeeded"]);
      if (one === "one") console.log(`  the first deployment took ${deployments[0]?.seconds} s with its image saved`);
    }
    expect(await states()).toEqual([
      { revision: 2, state: "present", saved: true, kept: true },
      { revision: 1, state: "present", saved: true, kept: true },
    ]);
    // Two manifests, two configs, and the layers of both, which are the same.
    const { Layers } = (await instar.docker.getImage(rude("v1")).inspect()).RootFS as { Layers: string[] };
    expect(blobs()).toHaveLength(4 + new Set(Layers).size);
  });

  it("come back from there after a prune of the engine: a rollback serves the old one", async () => {
    await pruneEngine();
    expect((await states())[1]).toMatchObject({ revision: 1, state: "saved" });
    await instar.moved("rollback", "shop/web");
    expect(await version()).toBe("one");
    expect((await states())[1]).toMatchObject({ revision: 1, state: "present" });
  });

  it("are let go by prune once nobody can go back to them, and nothing else is", async () => {
    await instar.apply("shop", build("three", 1), "--unpin");
    await instar.apply("shop", build("four", 1));
    expect(await version()).toBe("four");
    const done = await instar.json<{ removed: string[]; unsaved: string[]; bytes: number }>("prune");
    expect(done.unsaved).toHaveLength(3);
    expect((await states()).map(({ state }) => state)).toEqual(["present", "gone", "gone", "gone"]);
    expect((await instar.docker.getImage(rude("v1")).inspect()).Id).toMatch(/^sha256:/);
    expect(await version()).toBe("four");
    const refused = await instar.refused("rollback", "shop/web", "--to", "3");
    expect([refused.code, refused.message]).toEqual(["INS2009", expect.stringContaining("made here")]);
    expect(existsSync(join(instar.home, "images/index.json"))).toBe(true);
    rmSync(join(instar.home, "files", "context"), { recursive: true });
  });
});
