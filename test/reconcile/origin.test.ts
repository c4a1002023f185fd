import { randomBytes } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { originText, readOrigin } from "../../src/reconcile/origin.ts";
import { openStore } from "../../src/store/sqlite.ts";
import { House, WEB } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(() => house.wipe());

it("an origin has no credentials: what hooks' URLs have besides their place comes back with the next up", async () => {
  const hooks = {
    confirm: { url: "https://me:pass-1@ci.example/confirm?token=pass-2#pass-3", timeoutMs: 1000 },
    notify: { url: "https://chat.example/services/pass-4" },
  };
  house.hook = async () => ({ status: 200, body: '{"approve":true}' });
  const file = { web: { ...WEB, hooks } };
  await house.upToTheEnd(file);
  const texts = () => [...house.engine.control.origins().values()].map((text) => JSON.stringify(readOrigin(text)));
  for (const text of texts()) expect(text).not.toContain("pass-");
  const [text = ""] = texts();
  expect(JSON.parse(text).revision.spec.hooks).toMatchObject({ confirm: { url: "https://ci.example/", timeoutMs: 1000 } });
  const store = await openStore(house.home);
  const revision = await store.revision({ stack: "shop", service: "web" }, 1);
  await store.close();
  expect(JSON.parse(text).revision.revisionHash).not.toBe(revision?.revisionHash);
  expect(JSON.parse(text).revision.instanceHash).toBe(revision?.instanceHash);
  expect(revision?.spec.hooks).toEqual(hooks);
});

it("an origin is a few kilobytes, and what is none is null", async () => {
  const environment = Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [`VARIABLE_${n}`, `https://host-${n * 7919}.example/path?${n}`]),
  );
  await house.upToTheEnd({ web: { ...WEB, environment } });
  const store = await openStore(house.home);
  const revision = await store.revision({ stack: "shop", service: "web" }, 1);
  const text = revision === null ? null : await originText(store, revision);
  await store.close();
  console.log(`  origin of 40 variables: ${text?.length} bytes`);
  expect(text?.length).toBeLessThan(4096);
  expect(readOrigin(text ?? "")?.revision).toEqual(revision);
  const later = deflateRawSync(JSON.stringify({ ...readOrigin(text ?? ""), format: 2 })).toString("base64");
  for (const other of ["", "x", "bm9uZQ==", Buffer.from("{}").toString("base64"), later]) expect(readOrigin(other)).toBeNull();
});

it("an instance whose origin would be larger than a label may be carries none, and runs", async () => {
  // What cannot be packed any smaller.
  const environment = { BLOB: randomBytes(64 * 1024).toString("base64") };
  const [first] = await house.upToTheEnd({ web: { ...WEB, replicas: 1, environment } });
  expect(first?.outcome).toBe("succeeded");
  expect(house.engine.control.containers()).toHaveLength(1);
  expect([...house.engine.control.origins()]).toEqual([]);
});
