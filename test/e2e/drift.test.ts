import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DriftView } from "../../src/reconcile/drift-control.ts";
import { docker } from "./docker-command.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeStack } from "./stacks.ts";
import { until } from "./until.ts";

let instar: Installation;
beforeAll(async () => {
  instar = await Installation.start({ env: { INSTAR_LOOK: "1s" } });
  await instar.apply("shop", rudeStack({ port: await freePort(), drain: "1s" }));
});
afterAll(async () => instar?.wipe());

async function drift(): Promise<DriftView> {
  const { code, stdout, stderr } = await instar.run("drift", "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as DriftView;
}

describe("what somebody does to a running instance with plain docker", () => {
  it("is in drift --json with its kind and detail", async () => {
    const [one] = await instar.running("web");
    const name = one?.name ?? "";
    expect((await drift()).instances.map(({ verdict }) => verdict)).toEqual(["none", "none", "none"]);
    await docker("exec", name, "sh", "-c", "echo hello");
    const found = await until("the exec to show", async () => (await drift()).instances.find(({ verdict }) => verdict !== "none"));
    expect(found).toMatchObject({ name, verdict: "tainted" });
    expect(found.causes).toMatchObject([{ kind: "exec", detail: "sh -c echo hello", by: "a client of the engine" }]);
  });
});
