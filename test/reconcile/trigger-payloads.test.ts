import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Pushed } from "../../src/plan/deliveries.ts";
import * as distribution from "../registry/payloads/samples/distribution.ts";
import * as hub from "../registry/payloads/samples/docker-hub.ts";
import * as github from "../registry/payloads/samples/github.ts";
import * as harbor from "../registry/payloads/samples/harbor.ts";
import * as plain from "../registry/payloads/samples/plain.ts";
import * as quay from "../registry/payloads/samples/quay.ts";
import type { Sample } from "../registry/payloads/samples/sample.ts";
import { Callers, signed, wrongly } from "./callers.ts";
import { House } from "./house.ts";

/** Every documented delivery that tells of a push, called at the door of a service that runs its image. */
const SAMPLES: readonly (readonly [service: string, sample: Sample])[] = [
  ["docker-hub", hub.dockerHub],
  ["github-registry-package", github.registryPackage],
  ["github-package", github.githubPackage],
  ["distribution", distribution.push],
  ["gitlab", distribution.gitlab],
  ["harbor", harbor.plain],
  ["harbor-cloud-event", harbor.cloudEvent],
  ["quay", quay.current],
  ["quay-old", quay.old],
  ["plain", plain.tagged],
];
const pushOf = (sample: Sample): Pushed => {
  const [pushed] = sample.read.pushed;
  if (pushed === undefined) throw new Error("the sample tells of no push");
  return pushed;
};
const imageOf = (sample: Sample): string => `${pushOf(sample).repositories[0]?.replace(/^docker\.io\//, "")}:1.4`;
let house: House;
let callers: Callers;
const text = (sample: Sample): string => JSON.stringify(sample.body);

beforeAll(async () => {
  house = await House.build();
  for (const [, sample] of SAMPLES) house.engine.control.images.publish(imageOf(sample), "one");
  const quiet = { ports: [], replicas: 1 };
  await house.upToTheEnd(Object.fromEntries(SAMPLES.map(([service, sample]) => [service, { ...quiet, image: imageOf(sample) }])));
  callers = await Callers.at(house);
});
afterAll(async () => {
  await callers.close();
  await house.wipe();
});

describe.each(SAMPLES)("%s", (service, sample) => {
  const refused = async (code: string) => {
    expect(await callers.last()).toMatchObject({ kind: "trigger.refused", message: expect.stringContaining(code) });
    expect(await callers.deployments(service)).toBe(1);
  };

  it("with a wrong secret is refused, and logged", async () => {
    const { path } = await callers.make({}, service);
    expect((await callers.call(wrongly(path), text(sample), sample.headers)).status).toBe(404);
    await refused("a wrong secret");
  });

  it("with a wrong signature is refused, and logged", async () => {
    const { path } = await callers.make({ hmac: true }, service);
    const headers = { ...sample.headers, ...signed("another key", text(sample)) };
    expect(await callers.call(path, text(sample), headers)).toMatchObject({ status: 401, json: { error: { code: "INS2051" } } });
    await refused("INS2051");
  });

  it("with an oversized body is refused, and logged", async () => {
    const { path } = await callers.make({}, service);
    const large = JSON.stringify({ ...(sample.body as object), fill: "x".repeat(256 * 1024) });
    expect(await callers.call(path, large, sample.headers)).toMatchObject({ status: 413, json: { error: { code: "INS2010" } } });
    await refused("INS2010");
  });

  it("for another image is refused with both names, and logged", async () => {
    const other = SAMPLES.find((one) => pushOf(one[1]).repositories[0] !== pushOf(sample).repositories[0]);
    const { path } = await callers.make({}, service);
    const { status, json } = await callers.call(path, text(other?.[1] ?? sample), other?.[1].headers);
    const reason = `the service runs ${pushOf(sample).repositories[0]}`;
    // A registry's own queue stops at an answer that is no success: there the refusal is in the body.
    if (other?.[1].read.shared === true)
      expect({ status, json }).toMatchObject({ status: 200, json: { accepted: false, deployment: null } });
    else
      expect({ status, json }).toMatchObject({
        status: 409,
        json: { error: { code: "INS2053", message: expect.stringContaining(reason) } },
      });
    await refused("INS2053");
  });

  it("is deployed, signed or not, and names its deployment", async () => {
    const { path, hmacKey } = await callers.make({ hmac: true }, service);
    const fresh = house.engine.control.images.publish(imageOf(sample), `of ${service}`);
    const headers = { ...sample.headers, ...signed(hmacKey ?? "", text(sample)) };
    const { status, json } = await callers.call(path, text(sample), headers);
    expect({ status, json }).toMatchObject({ status: 200, json: { accepted: true, service } });
    expect(await house.ended(json.deployment)).toMatchObject({ outcome: "succeeded", service });
    expect((await house.daemon.control.services()).find((one) => one.service === service)?.digest).toBe(fresh.shown);
  });
});

describe("what tells of no push", () => {
  it.each([
    ["a pull", distribution.pull],
    ["a delete", distribution.removal],
    ["an untagged child of an index", github.untagged],
    ["a ping", github.ping],
    ["Harbor's pull", harbor.pulled],
    ["Harbor's scan", harbor.scanned],
    ["Harbor's replication without a tag", harbor.untagged],
    ["GitLab's push of commits", distribution.gitlabProject],
  ])("%s is taken, and nothing is done, with the reason", async (_name, sample) => {
    const { path } = await callers.make({}, "plain");
    const before = await callers.deployments("plain");
    const { status, json } = await callers.call(path, text(sample), sample.headers);
    expect({ status, json }).toMatchObject({
      status: 200,
      json: { accepted: true, deployment: null, reason: expect.stringMatching(/\w/) },
    });
    expect(await callers.deployments("plain")).toBe(before);
    expect((await callers.last())?.kind).toBe("trigger.called");
  });

  it("a registry's notification of another repository is a success with a refusal in it, so that its queue goes on", async () => {
    const { path } = await callers.make({}, "plain");
    const { status, json } = await callers.call(path, text(distribution.push), distribution.push.headers);
    expect({ status, json }).toMatchObject({
      status: 200,
      json: { accepted: false, deployment: null, reason: expect.stringContaining("INS2053") },
    });
    expect(await callers.last()).toMatchObject({ kind: "trigger.refused", message: expect.stringContaining("INS2053") });
  });
});
