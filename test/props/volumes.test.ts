import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { systemClock } from "../../src/reconcile/clock.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { volumesOfSlot } from "../../src/reconcile/volumes.ts";
import type { MountSpec, Revision } from "../../src/spec/types.ts";
import { openStore } from "../../src/store/sqlite.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import { createFakeEngine } from "../sim/fake-engine.ts";

const home = mkdtempSync(join(tmpdir(), "instar-volumes-"));
let store: Store;
beforeAll(async () => {
  store = await openStore(home);
});
afterAll(async () => {
  await store.close();
  rmSync(home, { recursive: true });
});

/** Nothing but what volumesOfSlot reads. */
const revision = (stack: string, service: string, number: number, targets: readonly string[]): Revision => ({
  ...{ stack, service, number, specVersion: 1, instanceHash: "", revisionHash: "", createdAt: 0, who: "", why: "" },
  ...{ image: { reference: "", digests: [], runnable: "", shown: "" }, volumeNames: {}, networkNames: {} },
  spec: serviceSpec({
    mounts: targets.map((target): MountSpec => ({ kind: "volume", source: null, target, readOnly: false, createHostPath: false })),
  }),
});

const create = fc.record({
  service: fc.constantFrom("db", "db_1", "web"),
  slot: fc.integer({ min: 1, max: 12 }),
  /** Paths that would be alike if only their letters counted. */
  targets: fc.uniqueArray(fc.constantFrom("/data", "/da/ta", "/da-ta", "/data/1", "/1_data", "/é"), { minLength: 1 }),
  number: fc.integer({ min: 1, max: 5 }),
  /** The engine refuses, or the daemon dies, before this one of its calls. */
  diesAt: fc.option(fc.constantFrom("volumes" as const, "ensureVolume" as const)),
});

it("a slot has its own volume at every path and always the same, whatever revision asks, whatever was broken off", async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(create, { maxLength: 40 }), async (creates) => {
      const stack = `s${runs++}`;
      const engine = createFakeEngine({ clock: systemClock, installation: store.installation });
      const owner = new Map<string, string>();
      const volume = new Map<string, string>();
      for (const { service, slot, targets, number, diesAt } of creates) {
        engine.control.forgetFailures();
        if (diesAt !== null) engine.control.failNext(diesAt, new InstarError("INS3001", "gone"));
        const chosen = await volumesOfSlot({ store, engine }, revision(stack, service, number, targets), slot).catch((error: unknown) => {
          if (error instanceof InstarError && error.code === "INS3001") return null;
          throw error;
        });
        for (const [target, name] of Object.entries(chosen ?? {})) {
          const whose = `${service}/${slot}:${target}`;
          expect(owner.get(name) ?? whose, `${name} is of one slot and path`).toBe(whose);
          expect(volume.get(whose) ?? name, `${whose} keeps its volume`).toBe(name);
          expect(engine.control.networks.disks.has(name)).toBe(true);
          owner.set(name, whose);
          volume.set(whose, name);
        }
      }
    }),
    { numRuns: 100 },
  );
});
