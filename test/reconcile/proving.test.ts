import { expect, it } from "vitest";
import { begin, end } from "../../src/reconcile/deployment.ts";
import { wanted } from "../../src/reconcile/look.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import { MOMENT, revision, serviceRow, WEB } from "../conformance/store-world.ts";
import { createFakeStore } from "../sim/fake-store.ts";

it("content that never served proves itself, and a rollback to what served does not", async () => {
  const store = createFakeStore("here");
  const spec = serviceSpec({
    ports: [{ published: 8080, target: 8080, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http" }],
  });
  for (const hash of ["aa", "cc", "dd"]) await store.addRevision(revision({ spec, instanceHash: hash, revisionHash: hash }));
  let row = serviceRow({ stable: 1 });
  await store.putService(row);
  const deploy = async (to: number, outcome: "succeeded" | "rolled-back"): Promise<number> => {
    const deployment = await begin(store, { ...row, target: to }, { to, kind: "deploy", who: "ann", strategy: "rolling" }, MOMENT);
    const [now, of] = [await store.service(WEB), await store.revision(WEB, to)];
    if (now === null || of === null) throw new Error("it is not there");
    const { provingMs } = await wanted(store, now, deployment, of, new Set(), MOMENT);
    await end(store, deployment, outcome, null, MOMENT);
    row = { ...now, target: outcome === "succeeded" ? to : 1, stable: outcome === "succeeded" ? to : now.stable, deployment: null };
    await store.putService(row);
    return provingMs;
  };
  expect(await deploy(1, "succeeded"), "it serves").toBe(0);
  expect(await deploy(2, "succeeded")).toBe(600);
  expect(await deploy(1, "succeeded"), "it has served").toBe(0);
  expect(await deploy(3, "rolled-back")).toBe(600);
  expect(await deploy(3, "rolled-back"), "it failed when it was tried").toBe(600);
});
