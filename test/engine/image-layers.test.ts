import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DockerClient } from "../../src/engine/docker/client.ts";
import { dockerImageChanges } from "../../src/engine/docker/image-layers.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "instar-image-layers-"));
  for (const layer of ["new", "old"]) {
    mkdirSync(join(root, layer, "etc"), { recursive: true });
    for (const name of ["a", "b", "c"]) writeFileSync(join(root, layer, "etc", name), layer);
  }
});
afterEach(() => rmSync(root, { recursive: true }));

const BEFORE = "2020-01-01T00:00:00Z";
const AFTER = "2100-01-01T00:00:00Z";
const look = (Created: string, most?: number, layers = ["new", "old"]) => {
  const LowerDir = ["own-init/diff", ...layers].map((name) => join(root, name)).join(":");
  const inspect = { Created, GraphDriver: { Name: "overlay2", Data: { UpperDir: join(root, "upper"), LowerDir } } };
  return dockerImageChanges({ ask: async () => inspect } as unknown as DockerClient, most)("c1");
};

describe("an image's own layers on the disk", () => {
  it("written before the instance was made: nothing changed, and all was looked at", async () =>
    expect(await look(AFTER)).toEqual({ changed: [], more: false }));

  it("what changed later is named, a folder only where nothing in it is", async () => {
    mkdirSync(join(root, "new/empty"));
    const { changed, more } = await look(BEFORE, undefined, ["new"]);
    expect(changed.map(({ path }) => path).sort()).toEqual(["/empty", "/etc/a", "/etc/b", "/etc/c"]);
    expect(more).toBe(false);
  });

  // Each layer has a folder and three files in it.
  it.each([
    [8, false],
    [7, true],
    [4, true],
    [1, true],
  ])("of more than %i entries the rest is not looked at, and that is told: %s", async (most, more) =>
    expect(await look(AFTER, most)).toEqual({ changed: [], more }),
  );

  it("a layer that is not there, or may not be read, was not looked at", async () => {
    expect(await look(AFTER, undefined, ["new", "gone"])).toEqual({ changed: [], more: true });
    chmodSync(join(root, "old/etc"), 0);
    const { more } = await look(AFTER);
    chmodSync(join(root, "old/etc"), 0o755);
    // Root reads it all the same.
    expect(more).toBe(process.getuid?.() !== 0);
  });

  it("more than a hundred changed paths are not all told", async () => {
    for (let n = 0; n < 101; n++) writeFileSync(join(root, "new", `${n}`), "");
    const { changed, more } = await look(BEFORE);
    expect([changed.length, more]).toEqual([100, true]);
  });

  it("nothing of a container that is gone, or whose layers lie elsewhere, was looked at", async () => {
    const elsewhere = { ask: async () => ({ Created: AFTER, GraphDriver: null }) } as unknown as DockerClient;
    expect(await dockerImageChanges(elsewhere)("c1")).toEqual({ changed: [], more: true });
  });
});
