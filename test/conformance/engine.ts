import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { containerConformance } from "./engine-containers.ts";
import { eventConformance } from "./engine-events.ts";
import { executionConformance } from "./engine-execution.ts";
import { forensicConformance } from "./engine-forensics.ts";
import { imageConformance } from "./engine-images.ts";
import { networkConformance } from "./engine-networks.ts";
import { volumeConformance } from "./engine-volumes.ts";
import { type EngineWorld, inhabit } from "./engine-world.ts";

export type Place = () => EngineWorld & ReturnType<typeof inhabit>;

/** What every Engine does, whatever is behind it. One world serves the whole suite. */
export const engineConformance = (kind: string, make: () => Promise<EngineWorld>): void => {
  describe(`the Engine port: ${kind}`, () => {
    let world: (EngineWorld & ReturnType<typeof inhabit>) | null = null;
    const place: Place = () => {
      if (world === null) throw new Error("the world is not there yet");
      return world;
    };

    beforeAll(async () => {
      const made = await make();
      world = { ...made, ...inhabit(made) };
      await world.network("a", 0);
      await world.network("b", 1);
    });
    afterAll(async () => {
      await world?.close();
    });

    test("ping says what answers, and since which boot", async () => {
      const seen = await place().engine.ping();
      expect(seen.version).not.toBe("");
      expect(seen.apiVersion).toMatch(/^1\.\d+$/);
      expect(seen.id).not.toBe("");
      expect(seen.bootId).toBe((await place().engine.ping()).bootId);
    });

    containerConformance(place);
    networkConformance(place);
    eventConformance(place);
    forensicConformance(place);
    imageConformance(place);
    volumeConformance(place);
    executionConformance(place);
  });
};
