import { describe, expect, test } from "vitest";
import { Revisions } from "../../src/reconcile/revisions.ts";
import type { Revision } from "../../src/spec/types.ts";

const WEB = { stack: "shop", service: "web" };

/** A store that counts what is read. */
function reading() {
  const read: number[] = [];
  const revision = async (_key: unknown, number: number): Promise<Revision | null> => {
    read.push(number);
    return number === 9 ? null : ({ number } as Revision);
  };
  return { read, revisions: new Revisions({ revision }) };
}

describe("revisions in memory", () => {
  test("are read once for as long as somebody asks for them", async () => {
    const { read, revisions } = reading();
    for (let look = 0; look < 5; look++) {
      expect((await revisions.of(WEB, 1)).number).toBe(1);
      await revisions.of(WEB, 1);
      revisions.age();
    }
    expect(read).toEqual([1]);
  });

  test("are let go of once nobody has asked between two looks", async () => {
    const { read, revisions } = reading();
    await revisions.of(WEB, 1);
    revisions.age();
    revisions.age();
    await revisions.of(WEB, 1);
    expect(read).toEqual([1, 1]);
  });

  test("are another service's under the same number", async () => {
    const { read, revisions } = reading();
    await revisions.of(WEB, 1);
    await revisions.of({ stack: "shop", service: "db" }, 1);
    expect(read).toEqual([1, 1]);
  });

  test("that the store has not are asked for each time", async () => {
    const { read, revisions } = reading();
    await expect(revisions.of(WEB, 9)).rejects.toMatchObject({ code: "INS2004" });
    await expect(revisions.of(WEB, 9)).rejects.toMatchObject({ code: "INS2004" });
    expect(read).toEqual([9, 9]);
  });
});
