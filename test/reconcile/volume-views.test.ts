import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InstarError } from "../../src/errors.ts";
import type { Snapshot } from "../../src/reconcile/snapshots.ts";
import { VolumeDesk, type VolumeParts } from "../../src/reconcile/volume-desk.ts";
import type { MountSpec, ServiceSpec, VolumeSpec } from "../../src/spec/types.ts";
import { upRequest } from "../conformance/up-request.ts";
import { virtualClock } from "../sim/virtual-clock.ts";
import { House, request } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(() => house.wipe());

const named: MountSpec = { kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false };
const one = (mounts: readonly MountSpec[]): Partial<ServiceSpec> => ({ mounts, ports: [], replicas: 1 });
const volumes = () => house.daemon.control.volumes;
const orphans = async () => (await volumes().list()).flatMap(({ name, orphan }) => (orphan ? [name] : []));
const snapshot = (name: string) => volumes().create(name, { running: false, who: "me" }, () => undefined);
const stop = async (service: string) => house.ended((await house.daemon.control.stop({ stack: "shop", service }, "me")).id);

describe("what is nobody's any more", () => {
  const ofSlot: MountSpec = { ...named, source: null };

  it("are the volumes of a stack that was taken down; who wants one can still keep it in a snapshot", async () => {
    await house.upToTheEnd({ web: one([named]), api: one([ofSlot]) });
    expect(await orphans()).toEqual([]);
    await house.daemon.control.down("shop", { volumes: false, who: "me" });
    await house.until(async () => (await house.engine.instances()).length === 0);
    expect(await orphans()).toEqual([expect.stringMatching(/^shop_api_1_data_/), "shop_data"]);
    expect(await snapshot("shop_data")).toMatchObject([{ volume: "shop_data", stack: "shop", service: null }]);
    await expect(snapshot("shop/web")).rejects.toMatchObject({ code: "INS2012" });
  });

  it("is a volume that only a pruned service had; what the file declares is not", async () => {
    await house.upToTheEnd({ web: one([named]), api: one([ofSlot]) });
    await house.upToTheEnd({ web: one([]) }, { prune: true });
    await house.until(async () => (await house.engine.instances({ stack: "shop", service: "api" })).length === 0);
    expect(await orphans()).toEqual([expect.stringMatching(/^shop_api_1_data_/)]);
  });
});

describe("whose a snapshot is", () => {
  it("its writer's, also where none of it is there and others stand before it", async () => {
    await house.upToTheEnd({ api: one([]), reader: one([{ ...named, readOnly: true }]), web: one([named]) });
    for (const service of ["reader", "web"]) await stop(service);
    expect(await snapshot("shop_data")).toMatchObject([{ stack: "shop", service: "web" }]);
  });

  it("nobody's, where nobody writes to it", async () => {
    await house.upToTheEnd({ web: one([]) });
    expect(await snapshot("shop_data")).toMatchObject([{ stack: "shop", service: null }]);
  });

  it("the stack's that mounts it, where it is external; none, where it is no stack's", async () => {
    const { networks } = house.engine.control;
    networks.addForeignVolume("outside");
    const asked = request({ web: one([named]) }, {});
    const data: VolumeSpec = { name: "outside", external: true, driver: "local", driverOpts: {}, labels: {}, shared: null };
    const { deployments } = await house.daemon.control.up({ ...asked, spec: { ...asked.spec, volumes: { data } } });
    await house.ended(deployments[0]?.id ?? "");
    await stop("web");
    expect(await snapshot("outside")).toMatchObject([{ stack: "shop", service: "web" }]);
    networks.disks.set("router", { name: "router", stack: null, ours: true, labels: {} });
    expect(await snapshot("router")).toMatchObject([{ stack: null, service: null }]);
  });

  it("not to be said by a name that two stacks have", async () => {
    await house.upToTheEnd({ db: one([named]) });
    const { spec } = request({ db: one([]) }, {});
    const networks = { default: { name: "other_default", external: false, internal: false, labels: {} } };
    await house.daemon.control.up(upRequest({ ...spec, name: "other", networks, volumes: {} }, { contents: {} }));
    await expect(snapshot("db")).rejects.toMatchObject({
      code: "INS2003",
      message: expect.stringMatching(/other and shop|shop and other/),
    });
  });
});

describe("a snapshot before a deployment, of what others may write to", () => {
  const SNAPSHOT = { id: "S1" } as Snapshot;
  /** Answers by the errors in turn, the last one again and again; null: it is taken. */
  const trying = async (...codes: readonly (string | null)[]) => {
    const clock = virtualClock();
    const began = clock.now();
    let tries = 0;
    class Desk extends VolumeDesk {
      override async take(): Promise<Snapshot> {
        const code = codes[Math.min(tries++, codes.length - 1)] ?? null;
        if (code === null) return SNAPSHOT;
        throw code.startsWith("INS") ? new InstarError(code as "INS3018", "a test") : Object.assign(new Error("a test"), { code });
      }
    }
    const how = { running: false, who: "me", origin: "before-deploy", deployment: "D1" } as const;
    let end: string | null = null;
    new Desk({ clock } as unknown as VolumeParts).takeInTurn("shop_data", how).then(
      ({ id }) => {
        end = id;
      },
      (error: { readonly code: string }) => {
        end = error.code;
      },
    );
    for (let turn = 0; turn < 100 && end === null; turn++) await clock.advance(turn === 0 ? 0 : 100);
    return { end, tries, ms: clock.now() - began };
  };

  it.each([
    ["a writer that ended, or does not stand still yet, is waited for", ["INS3018", "INS3016", null], "S1", 3],
    ["but not for ever", ["INS3018"], "INS3018", 7],
    ["other work on it is waited for as long as it takes", [...Array<string>(12).fill("INS3012"), null], "S1", 13],
    ["too little room is told at once", ["INS3013"], "INS3013", 1],
    ["so is what the disk says", ["ENOSPC"], "ENOSPC", 1],
  ])("%s", async (_case, codes, end, tries) => {
    expect(await trying(...codes)).toMatchObject({ end, tries });
  });
});
