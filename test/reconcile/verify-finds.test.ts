import { generateKeyPairSync, sign } from "node:crypto";
import { chmodSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { headText } from "../../src/reconcile/chain.ts";
import type { Examination } from "../../src/reconcile/drift-engine.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { House, request } from "./house.ts";

const KEY = { stack: "shop", service: "web" };
const FIRST = "shop-web-r1-1-a1";
let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(() => house.wipe());

const up = (more: Partial<ServiceSpec> = {}) => house.upToTheEnd({ web: { readyTimeoutMs: 20_000, replicas: 1, ...more } });
const container = () => house.engine.control.container(FIRST);
/** What the engine finds otherwise in the first instance. */
const finds = (found: Partial<Examination>) => house.engine.control.forensics.found.set(container().id, found);
const verify = async () => (await house.daemon.control.proofs.verify(KEY)).attestation;
const details = async (): Promise<string[]> => {
  const { instances, proven } = await verify();
  const all = instances.flatMap(({ differences }) => differences);
  expect(proven).toBe(all.length === 0);
  return all.map(({ kind, detail }) => `${kind}: ${detail}`);
};

it("verify of everything names no stack and no service, and looks at all of them", async () => {
  await house.upToTheEnd({ web: { replicas: 1 }, api: { ports: [], replicas: 1 } });
  const { attestation } = await house.daemon.control.proofs.verify({});
  expect(attestation).toMatchObject({ stack: null, service: null, proven: true });
  expect(attestation.instances.map(({ name }) => name)).toEqual(["shop-api-r1-1-a1", FIRST]);
});

describe("what verify finds in an instance", () => {
  it("a label that names another content", async () => {
    await up();
    Object.assign(container().blueprint, { instanceHash: "c".repeat(64) });
    expect(await details()).toEqual([expect.stringMatching(/^configuration: its label names the content cccccc/)]);
  });

  it("a hundred changed paths, and that there are more", async () => {
    await up();
    const path = (n: number) => `/planted/${String(n).padStart(3, "0")}`;
    for (let n = 0; n < 101; n++) container().written.push(path(n));
    const found = await details();
    expect(found).toHaveLength(101);
    expect(found.slice(-2)).toEqual([`layer: A ${path(99)}`, "layer: and more"]);
  });

  it("no changed path, but not everything was looked at: that is no proof", async () => {
    await up();
    finds({ more: true });
    expect(await details()).toEqual(["layer: and more"]);
  });

  it("that not all of the image's layers was looked at, unless the proof says that none of it was seen on the disk", async () => {
    await up();
    house.engine.control.forensics.below.set(container().id, { changed: [], more: true });
    expect(await details()).toEqual(["layer: not all of the image's layers was looked at"]);
    finds({ onDisk: false });
    expect(await details()).toEqual([]);
  });

  it("nothing after a file was copied out of it", async () => {
    await up();
    house.engine.control.touch(FIRST, "archive-path");
    await house.until(async () => (await house.daemon.control.drift.list(KEY)).instances[0]?.causes.length);
    expect(await details()).toEqual([]);
  });

  it("the stretch in which nobody heard what was done to it", async () => {
    await up();
    await house.close();
    for (let n = 0; n < 300; n++) house.engine.control.touch(FIRST, "health_status: healthy");
    await house.open();
    const [gap] = await house.until(async () => {
      const { gaps } = await house.daemon.control.drift.list(KEY);
      return gaps.some(({ blind }) => blind) && gaps;
    });
    const { instances, proven } = await verify();
    expect(proven).toBe(false);
    expect(instances[0]?.differences).toEqual([{ kind: "unattested", detail: gap?.reason, from: gap?.from, to: gap?.to }]);
  });
});

it.each(["host", "none"] as const)("an instance with network_mode %s is proven as any other", async (networkMode) => {
  await up({ networkMode, ports: [], ready: null });
  expect(container().blueprint.networks).toEqual([]);
  expect(await details()).toEqual([]);
});

it("an instance that somebody took off its network is not what was made; the engine's address on an external one says nothing", async () => {
  const asked = request(
    { web: { networks: { default: { aliases: [] }, outside: { aliases: [] } }, readyTimeoutMs: 20_000, replicas: 1 } },
    {},
  );
  house.engine.control.networks.addForeignNetwork("outside", "10.99.0.0/24");
  const outside = { name: "outside", external: true, internal: false, labels: {} };
  const { deployments } = await house.daemon.control.up({
    ...asked,
    spec: { ...asked.spec, networks: { ...asked.spec.networks, outside } },
  });
  await house.ended(deployments[0]?.id ?? "");
  expect(container().blueprint.networks).toMatchObject([
    { name: "shop_default", address: expect.stringMatching(/^10\.209\./) },
    { name: "outside", address: null },
  ]);
  expect(await details()).toEqual([]);
  container().attached = ["outside"];
  expect(await details()).toEqual([expect.stringMatching(/^configuration: networks: .*"address":"none"/)]);
});

it("a sealed file that is not as it was given is a difference; a disk that cannot be read is an error", async () => {
  const file = { kind: "secret", key: "password", external: null, target: "/run/secrets/password" } as const;
  const files = [{ ...file, uid: null, gid: null, mode: null, version: null }];
  const contents = { "secret:password": { base64: Buffer.from("one").toString("base64"), executable: false } };
  await house.upToTheEnd({ web: { files, replicas: 1, readyTimeoutMs: 20_000 } }, { contents });
  expect(await details()).toEqual([]);
  const source = container().blueprint.files?.[0]?.source ?? "";
  chmodSync(source, 0o600);
  writeFileSync(source, "two");
  expect((await details())[0]).toMatch(/^configuration: Files.\/run\/secrets\/password: as it was sealed was made, .* another content/);
  rmSync(source);
  symlinkSync(source, source);
  await expect(verify()).rejects.toMatchObject({ code: "ELOOP" });
});

it("a head that another key signed is not one of this installation", async () => {
  await up();
  const { attestation } = await house.daemon.control.proofs.verify({});
  const { head } = attestation.log;
  if (head === null) throw new Error("no event was signed");
  const claims = async (signature: string) => (await house.daemon.control.proofs.audit([{ ...head, signature }])).claims;
  expect(await claims(head.signature)).toEqual([]);
  const text = Buffer.from(headText(attestation.installation, head));
  const other = sign(null, text, generateKeyPairSync("ed25519").privateKey).toString("base64");
  expect(await claims(other)).toEqual([`the head of event ${head.seq} is not signed by this installation's key`]);
});
