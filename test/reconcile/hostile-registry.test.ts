import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRegistries } from "../../src/registry/client.ts";
import type { AutoredeploySpec } from "../../src/spec/types.ts";
import { FakeRegistry, type Whim } from "../sim/fake-registry.ts";
import { House } from "./house.ts";

const key = { stack: "shop", service: "web" };
const autoredeploy: AutoredeploySpec = { tags: { kind: "same-tag" }, everyMs: 30, minAgeMs: 0, approve: false, window: null };
let house: House;
let registry: FakeRegistry;
let client: ReturnType<typeof openRegistries>;
let pushes = 0;
beforeEach(async () => {
  registry = await FakeRegistry.open();
  const timeouts = { headMs: 2000, wholeMs: 5000 };
  client = openRegistries({ login: async () => null, settings: async () => ({ mirrors: [], insecure: [] }), timeouts });
  house = await House.build(client);
  push();
  const [first] = await house.upToTheEnd({ web: { image: image(), readyTimeoutMs: 20_000, autoredeploy } });
  expect(first?.outcome).toBe("succeeded");
});
afterEach(async () => {
  await house.wipe();
  client.close();
  await registry.close();
});

const image = (): string => `${registry.domain}/shop/web:1`;
/** To the registry that the daemon asks, and to what the engine pulls. Returns the digest. */
function push(): string {
  pushes++;
  const config = { digest: `sha256:${String(pushes).padStart(64, "0")}` };
  const digest = registry.put("shop/web", "1", { schemaVersion: 2, config });
  house.engine.control.images.publish(image(), `push ${pushes}`, digest);
  return digest;
}
const kinds = async (): Promise<string[]> =>
  (await house.daemon.control.events({ limit: 1000 })).map(({ kind }) => kind).filter((kind) => kind.startsWith("autoredeploy."));
const deployments = async () => (await house.daemon.control.history(key)).deployments;
const digestNow = async (): Promise<string> => (await house.daemon.control.services())[0]?.digest ?? "";
const calls = (): string[] =>
  house.engine.control.calls.map(({ call }) => call).filter((call) => ["create", "start", "stop", "remove"].includes(call));

describe("while the registry is wrong, nothing that runs is touched; once it is well, what was pushed comes in", () => {
  it.each<[Whim, RegExp]>([
    ["broken", /INS3026.*500/],
    ["slow", /INS3026.*no answer/],
    ["cut", /INS3026/],
    ["garbage", /INS3029/],
    ["wrong-content", /INS3029/],
    ["too-many", /INS3028/],
  ])("%s", async (whim, words) => {
    const [before, done] = [await house.serving(), calls().length];
    registry.whim = whim;
    const pushed = push();
    await house.until(async () => (await kinds()).includes("autoredeploy.trouble"));
    const [watch] = await house.daemon.control.autoredeploy.watched();
    expect(watch).toMatchObject({ state: "trouble", reason: expect.stringMatching(words) });
    expect([await house.serving(), calls().length, (await deployments()).length]).toEqual([before, done, 1]);
    registry.whim = "well";
    await house.until(async () => (await digestNow()) === pushed && (await kinds()).includes("autoredeploy.recovered"));
    expect((await kinds()).filter((kind) => kind === "autoredeploy.trouble")).toHaveLength(1);
  });

  it("it has lost a blob: the pull fails, and there is no deployment", async () => {
    const [before, done] = [await house.serving(), calls().length];
    house.engine.control.images.registryDown = true;
    const pushed = push();
    await house.until(async () => (await kinds()).includes("autoredeploy.trouble"));
    expect([await house.serving(), calls().length, (await deployments()).length]).toEqual([before, done, 1]);
    house.engine.control.images.registryDown = false;
    await house.until(async () => (await digestNow()) === pushed);
  });
});
