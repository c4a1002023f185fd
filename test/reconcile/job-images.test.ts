import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ImageIdentity, JobSpec, ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import { House } from "./house.ts";

const MIGRATE = "reg.example/shop/migrate:1";
const cosign = String(generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }));
let house: House;
beforeEach(async () => {
  house = await House.build();
  house.engine.control.behave(MIGRATE, { endsAfterMs: 5, exitCode: 0, readyAfterMs: null, lines: [] });
});
afterEach(async () => house.wipe());

const job = (spec: Partial<ServiceSpec> = {}): JobSpec => ({
  ...{ service: "migrate", timeoutMs: 60_000, image: "own" },
  spec: serviceSpec({ image: MIGRATE, networks: { default: { aliases: [] } }, stopGraceMs: 50, ...spec }),
});
const web = (tag: string, before = job()) => ({ web: { image: `shop/web:${tag}`, replicas: 1, jobs: { before } } });
const pulled = async () =>
  (await house.daemon.control.events({ limit: 1000 })).filter(
    ({ kind, message }) => kind === "image.pulled" && message.includes("migrate"),
  );
const drop = (image: ImageIdentity): void => {
  for (const name of [image.reference, image.runnable]) house.engine.control.images.drop(name, image);
};
/** What a refusal must leave as it was. */
const touched = () => house.engine.control.calls.filter(({ call }) => ["create", "start", "stop", "ensureNetwork"].includes(call)).length;

describe("an image of a job's own", () => {
  it("that cannot be had refuses the up before anything is touched", async () => {
    await expect(house.up(web("v1"))).rejects.toMatchObject({ code: "INS3004" });
    expect([touched(), await house.daemon.control.services()]).toEqual([0, []]);
  });

  it("is pulled before anything is touched, said so, and stays while its revision is kept", async () => {
    house.engine.control.images.publish(MIGRATE);
    const [first] = await house.upToTheEnd(web("v1"));
    expect(first?.outcome, first?.reason ?? "").toBe("succeeded");
    expect(await pulled()).toHaveLength(1);
    expect((await house.daemon.control.images.prune({ dryRun: false, who: "me" })).removed).toEqual([]);
    await house.upToTheEnd({ web: { image: "shop/web:v2", replicas: 1, keep: 0 } });
    const { removed } = await house.daemon.control.images.prune({ dryRun: false, who: "me" });
    expect(removed).toContain(MIGRATE);
  });

  it("whose tag is looked up each time makes no new revision while it is the same image, by whatever digest", async () => {
    const before = job({ pullPolicy: "always" });
    house.engine.control.images.publish(MIGRATE, "one");
    await house.upToTheEnd(web("v1", before));
    const again = async () => (await house.up(web("v1", before))).deployments.map(({ outcome }) => outcome);
    expect(await again()).toEqual(["unchanged"]);
    house.engine.control.images.publish(MIGRATE, "one", `sha256:${"1".repeat(64)}`);
    expect(await again()).toEqual(["unchanged"]);
    house.engine.control.images.publish(MIGRATE, "two");
    expect(await house.upToTheEnd(web("v1", before))).toMatchObject([{ outcome: "succeeded", to: 2 }]);
  });

  it("that went from the engine is pulled again, or nothing moves", async () => {
    const image = house.engine.control.images.publish(MIGRATE);
    await house.upToTheEnd(web("v1"));
    drop(image);
    house.engine.control.images.registryDown = true;
    const before = touched();
    await expect(house.up(web("v2"))).rejects.toMatchObject({ code: "INS2009" });
    await expect(house.daemon.control.deploy({ stack: "shop", service: "web" }, "shop/web:v2", "me")).rejects.toMatchObject({
      code: "INS2009",
    });
    expect(touched()).toBe(before);
    house.engine.control.images.registryDown = false;
    expect((await house.upToTheEnd(web("v2")))[0]?.outcome).toBe("succeeded");
    expect(await pulled()).toHaveLength(2);
  });

  it("is verified with the job's own key, also where the image is the service's; what was verified is not asked again", async () => {
    const { shown } = house.engine.control.images.publish(MIGRATE);
    house.unsigned.add(shown);
    const signed = job({ verify: { cosign } });
    await expect(house.up(web("v1", signed))).rejects.toMatchObject({ code: "INS3032" });
    expect(touched()).toBe(0);
    house.unsigned.clear();
    await house.upToTheEnd(web("v1", signed));
    house.unsigned.add(shown);
    expect((await house.upToTheEnd(web("v2", signed)))[0]?.outcome).toBe("succeeded");
    const [found] = await house.daemon.control.services();
    house.unsigned.add(found?.digest ?? "");
    const same: JobSpec = { ...signed, image: "revision" };
    await expect(house.up(web("v2", same))).rejects.toMatchObject({ code: "INS3032" });
  });
});
