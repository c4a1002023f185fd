import { describe, expect, test } from "vitest";
import type { Place } from "./engine.ts";

export const imageConformance = (place: Place): void => {
  describe("images", () => {
    test("a local one is taken as it is, whatever the policy", async () => {
      const { engine, localImage } = place();
      const policies = ["never", "missing", "always"] as const;
      const [first, ...others] = await Promise.all(policies.map((policy) => engine.resolveImage(localImage, policy)));
      expect(first).toMatchObject({ reference: localImage, digests: [expect.stringMatching(/^sha256:[0-9a-f]{64}$/)] });
      expect(first?.runnable).toBe(first?.digests[0]);
      expect(first?.shown).toBe(first?.digests[0]);
      for (const other of others) expect(other).toEqual(first);
    });

    test("one that is there is there; a made-up one is not, and cannot be restored", async () => {
      const { engine, localImage } = place();
      const image = await engine.resolveImage(localImage, "never");
      expect(await engine.hasImage(image)).toBe(true);
      const madeUp = `sha256:${"0123456789abcdef".repeat(4)}`;
      const lost = { reference: "lost:1", digests: [madeUp], runnable: madeUp, shown: madeUp };
      expect(await engine.hasImage(lost)).toBe(false);
      await expect(engine.restoreImage(lost)).rejects.toMatchObject({ code: "INS3004" });
    });

    test("what is not there and may not be pulled, or is no reference at all, is INS3004", async () => {
      const { engine, prefix } = place();
      await expect(engine.resolveImage(`${prefix}/nothing:1`, "never")).rejects.toMatchObject({ code: "INS3004" });
      await expect(engine.resolveImage("Not An Image", "missing")).rejects.toMatchObject({ code: "INS3004" });
      await expect(engine.resolveImage(`sha256:${"0".repeat(64)}`, "missing")).rejects.toMatchObject({ code: "INS3004" });
    });

    test("what is not there cannot be pushed: INS3004; nor to what is no name with a tag: INS3037", async () => {
      const { engine, localImage, prefix } = place();
      await expect(engine.push(`${prefix}/nothing:1`, `${prefix}/other:1`)).rejects.toMatchObject({ code: "INS3004" });
      const byDigest = `${prefix}/other@sha256:${"0".repeat(64)}`;
      for (const name of ["Not An Image", byDigest]) {
        await expect(engine.push(localImage, name)).rejects.toMatchObject({ code: "INS3037" });
      }
    });

    test("an instance runs the image of its blueprint; without the image there is no instance: INS3004", async () => {
      const { engine, blueprint, look } = place();
      const made = await blueprint({ service: "image" });
      await engine.create(made);
      expect(made.image.digests).toContain((await look(made.name)).image);
      const madeUp = `sha256:${"fedcba9876543210".repeat(4)}`;
      const lost = {
        ...(await blueprint({ service: "lost" })),
        image: { reference: "lost:1", digests: [madeUp], runnable: madeUp, shown: madeUp },
      };
      await expect(engine.create(lost)).rejects.toMatchObject({ code: "INS3004" });
      expect(await engine.instance(lost.name)).toBeNull();
    });
  });
};
