import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ExecPiece } from "../../src/reconcile/exec-control.ts";
import { House } from "./house.ts";

const KEY = { stack: "shop", service: "web" };
let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(() => house.wipe());

const differences = async (): Promise<string> => {
  const { attestation } = await house.daemon.control.proofs.verify(KEY);
  expect(attestation.proven).toBe(attestation.instances.every((one) => one.differences.length === 0));
  return attestation.instances.flatMap((one) => one.differences.map(({ kind, detail }) => `${one.name} ${kind}: ${detail}`)).join("\n");
};
async function* nothing(): AsyncGenerator<Buffer> {}

describe("verify", () => {
  it("proves fresh instances", async () => {
    await house.upToTheEnd({ web: {} });
    expect(await differences()).toBe("");
  });

  it("tells a written layer, and a container that Instar did not start", async () => {
    await house.upToTheEnd({ web: {} });
    house.engine.control.container("shop-web-r1-1-a1").written.push("/planted");
    expect(await differences()).toBe("shop-web-r1-1-a1 layer: A /planted");
  });

  it("tells another configuration", async () => {
    await house.upToTheEnd({ web: {} });
    const { blueprint } = house.engine.control.container("shop-web-r1-2-a1");
    Object.assign(blueprint, { spec: { ...blueprint.spec, environment: { EVIL: "1" } } });
    expect(await differences()).toMatch(/^shop-web-r1-2-a1 configuration: spec: /);
  });
});

describe("exec", () => {
  const enter = async (reason: string): Promise<ExecPiece[]> => {
    const { execs } = house.daemon.control;
    const { id } = await execs.open({
      target: "shop/web",
      command: ["echo", "hello"],
      reason,
      tty: false,
      columns: null,
      rows: null,
      who: "alice",
    });
    const pieces: ExecPiece[] = [];
    for await (const piece of execs.run(id, nothing())) pieces.push(piece);
    await expect(execs.run(id, nothing())[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "INS2040" });
    return pieces;
  };

  it("gives the output and the exit code, and records who, why and what before it is done", async () => {
    await house.upToTheEnd({ web: {} });
    const pieces = await enter("dump the threads");
    expect(pieces).toEqual([{ stream: "stdout", payload: Buffer.from("hello\n") }, { exit: 0 }]);
    const said = (await house.daemon.control.events({ limit: 100 }))
      .filter(({ kind }) => kind.startsWith("exec."))
      .map(({ message }) => message);
    expect(said).toEqual([
      "alice enters shop-web-r1-1-a1 with echo hello: dump the threads",
      "the command in shop-web-r1-1-a1 ended with exit code 0",
    ]);
    await house.until(async () => (await differences()) !== "");
    expect(await differences()).toBe("shop-web-r1-1-a1 history: exec by alice (dump the threads): echo hello");
  });

  it("wants a reason and an instance", async () => {
    await house.upToTheEnd({ web: {} });
    await expect(enter("  ")).rejects.toMatchObject({ code: "INS2039" });
    const { execs } = house.daemon.control;
    const asked = { command: ["true"], reason: "because", tty: false, columns: null, rows: null, who: "alice" };
    await expect(execs.open({ target: "shop/nothing", ...asked })).rejects.toMatchObject({ code: "INS2038" });
  });
});

it("an instance that outlived max_age is replaced, one at a time, by a deployment with that cause", async () => {
  await house.upToTheEnd({ web: { maxAgeMs: 604_800_000 } });
  const before = await house.serving();
  for (const name of before) Object.assign(house.engine.control.container(name), { createdAt: Date.now() - 8 * 86_400_000 });
  await house.daemon.control.scale({ stack: "shop", service: "web" }, 2, "me");
  const aged = await house.until(async () => {
    const { deployments } = await house.daemon.control.history(KEY);
    const found = deployments.filter(({ cause, outcome }) => cause.kind === "max-age" && outcome === "succeeded");
    return found.length === 2 ? found : null;
  });
  expect((await house.serving()).some((name) => before.includes(name))).toBe(false);
  const [second, first] = aged;
  expect(first?.endedAt).toBeLessThanOrEqual(second?.startedAt ?? 0);
  expect(first?.to).toBe(1);
  for (const { steps } of aged) expect(steps.filter((step) => step.do === "create")).toHaveLength(1);
});
