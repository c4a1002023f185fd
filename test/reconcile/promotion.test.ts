import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { upRequest } from "../conformance/up-request.ts";
import { House, request } from "./house.ts";

const uat = { stack: "uat", service: "web" };
const prod = { stack: "prod", service: "web" };
const IMAGE = "reg.example/shop/web:1";
const PORT = { target: 8080, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http" } as const;
let house: House;
const control = () => house.daemon.control;
const publish = (content: string) => house.engine.control.images.publish(IMAGE, content);
const up = async (stack: string, more: object = {}) => {
  const { spec } = request(
    { web: { image: IMAGE, ports: [{ ...PORT, published: stack === "uat" ? 8081 : 8082 }], replicas: 1, ...more } },
    {},
  );
  const named = {
    ...spec,
    name: stack,
    networks: { default: { name: `${stack}_default`, external: false, internal: false, labels: {} } },
    volumes: {},
  };
  const { deployments } = await control().up(upRequest(named, { contents: {} }));
  return Promise.all(deployments.map(({ id, outcome }) => (outcome === "unchanged" ? null : house.ended(id))));
};
const digestOf = async (stack: string) => (await control().services(stack))[0]?.digest;

beforeEach(async () => {
  house = await House.build();
  publish("one");
  await up("uat");
  await up("prod");
});
afterEach(async () => house.wipe());

describe("deploy --from", () => {
  it("takes the digest that serves there, wherever the tag has moved since, and the record says where it came from", async () => {
    const tried = publish("two");
    await house.ended((await control().redeploy(uat, "me")).id);
    publish("three");
    const ended = await house.ended((await control().deployFrom(prod, uat, "me")).id);
    expect(ended).toMatchObject({
      outcome: "succeeded",
      cause: { kind: "deploy" },
      promoted: { stack: "uat", service: "web", revision: 2 },
    });
    expect(await digestOf("prod")).toBe(tried.shown);
    expect((await control().services("prod"))[0]?.image).toBe(tried.runnable);
    const history = await control().history(prod);
    expect(history.revisions[0]).toMatchObject({ why: "deploy from uat/web@2", digest: tried.shown });
    expect(history.deployments[0]?.promoted).toEqual({ ...uat, revision: 2 });
    // Neither a redeploy there nor the same file moves it.
    await house.ended((await control().redeploy(prod, "me")).id);
    await up("prod");
    expect(await digestOf("prod")).toBe(tried.shown);
  });

  it("what was built on this engine comes too", async () => {
    const built = house.engine.control.images.add("shop/built:9");
    await up("uat", { image: "shop/built:9" });
    await house.ended((await control().deployFrom(prod, uat, "me")).id);
    expect(await digestOf("prod")).toBe(built.shown);
  });

  it("the last good one, not one that failed there", async () => {
    house.engine.control.behave("reg.example/shop/web:bad", { endsAfterMs: 5, exitCode: 3, readyAfterMs: null, lines: [] });
    house.engine.control.images.publish("reg.example/shop/web:bad", "bad");
    const good = publish("two");
    await house.ended((await control().redeploy(uat, "me")).id);
    expect((await house.ended((await control().deploy(uat, "reg.example/shop/web:bad", "me")).id)).outcome).toBe("rolled-back");
    await house.ended((await control().deployFrom(prod, uat, "me")).id);
    expect(await digestOf("prod")).toBe(good.shown);
  });

  it("a signature is asked for where it goes, not where it was", async () => {
    const unsigned = publish("two");
    house.unsigned.add(unsigned.shown);
    await house.ended((await control().redeploy(uat, "me")).id);
    await up("prod", { verify: { cosign: PEM } }).catch(() => undefined);
    const before = await digestOf("prod");
    await expect(control().deployFrom(prod, uat, "me")).rejects.toMatchObject({ code: "INS3032" });
    expect(await digestOf("prod")).toBe(before);
  });

  it.each([
    ["the other one is stopped", async () => house.ended((await control().stop(uat, "me")).id), uat, "INS2056"],
    ["it is itself", async () => undefined, prod, "INS2056"],
    ["there is no such service", async () => undefined, { stack: "uat", service: "api" }, "INS2002"],
  ])("refused where %s", async (_case, make, from, code) => {
    await make();
    await expect(control().deployFrom(prod, from, "me")).rejects.toMatchObject({ code });
  });

  it("refused where the other one's first deployment failed", async () => {
    house.engine.control.images.add("shop/web:bad");
    await up("dev", { image: "shop/web:bad", ports: [{ ...PORT, published: 8083 }] });
    await expect(control().deployFrom(prod, { stack: "dev", service: "web" }, "me")).rejects.toMatchObject({
      ...{ code: "INS2056", message: expect.stringContaining("dev/web has no revision that succeeded") },
    });
  });

  it("refused where another image runs there than its revision's: nobody has said what that is", async () => {
    const before = await digestOf("prod");
    const { blueprint } = house.engine.control.container("uat-web-r1-1-a1");
    Object.assign(blueprint, { image: publish("two") });
    await expect(control().deployFrom(prod, uat, "me")).rejects.toMatchObject({
      ...{ code: "INS2056", message: expect.stringContaining("uat-web-r1-1-a1") },
    });
    expect(await digestOf("prod")).toBe(before);
    expect((await control().history(prod)).deployments).toHaveLength(1);
  });

  it("goes by a strategy of its own, where the service can have that", async () => {
    publish("two");
    await house.ended((await control().redeploy(uat, "me")).id);
    const { id } = await control().deployFrom(prod, uat, "me", "blue-green");
    expect(await house.ended(id)).toMatchObject({ outcome: "succeeded", strategy: "blue-green" });
    await up("prod", { ports: [] });
    await expect(control().deployFrom(prod, uat, "me", "blue-green")).rejects.toMatchObject({ code: "INS1042" });
  });

  it("refused while the other one moves: what serves there is not settled", async () => {
    publish("two");
    const { id } = await control().redeploy(uat, "me");
    await expect(control().deployFrom(prod, uat, "me")).rejects.toMatchObject({ code: "INS2056", message: expect.stringContaining(id) });
    await house.ended(id);
  });
});

const PEM = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
