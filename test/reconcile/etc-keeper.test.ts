import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { openInPlace } from "../../src/files/in-place.ts";
import { EtcKeeper } from "../../src/reconcile/context-etc.ts";
import { revision } from "../conformance/store-world.ts";

const root = mkdtempSync(join(tmpdir(), "instar-etc-"));
afterEach(() => rmSync(root, { recursive: true, force: true }));

it("looks for a touch between its look and its next watch: the closed watch has not told of it", async () => {
  const files = openInPlace(root);
  const key = { stack: "shop", service: "proxy" };
  const hosts = join(files.place(key, "a", "one"), "hosts");
  let [edits, looks] = [1, 0];
  const late: typeof files = {
    ...files,
    watch: (place, touched) => {
      if (edits-- > 0) {
        writeFileSync(`${hosts}~`, "10.0.0.66 evil\n");
        renameSync(`${hosts}~`, hosts);
      }
      return files.watch(place, touched);
    },
  };
  const keeper = new EtcKeeper(late, key, "a", () => looks++);
  keeper.await("one", revision().spec);
  await keeper.write({ hosts: "" }, false);
  expect(looks).toBeGreaterThan(0);
  expect((await keeper.mend()).edits).toEqual(["hosts was replaced of one"]);
  expect(readFileSync(hosts, "utf8")).not.toContain("evil");
  expect((await keeper.mend()).edits).toEqual([]);
  keeper.close();
});
