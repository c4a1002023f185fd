import { describe, expect, it } from "vitest";
import { lookAgain, type Told } from "../../src/plan/notice.ts";

const told = (more: Partial<Told> = {}): Told => ({ from: "a registry", digest: "sha256:new", looks: 0, ...more });
const WANTED = ["sha256:old", "sha256:old-config"];

describe("what a notice told of", () => {
  it("is looked for six times more while it is not there, each time later", () => {
    const waits: number[] = [];
    for (let wait = lookAgain(told(), "sha256:old", WANTED); wait !== null; wait = lookAgain(wait.told, "sha256:old", WANTED))
      waits.push(wait.ms);
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000]);
  });

  it("is not looked for again once it is there, nor without a notice", () => {
    expect(lookAgain(told(), "sha256:new", WANTED)).toBeNull();
    expect(lookAgain(told({ digest: "sha256:old" }), "sha256:old", WANTED)).toBeNull();
    expect(lookAgain(told(), "sha256:other", WANTED)).toMatchObject({ ms: 500 });
    expect(lookAgain(null, "sha256:old", WANTED)).toBeNull();
  });

  it("is anything new, where it named no digest", () => {
    const nameless = told({ digest: null });
    expect(lookAgain(nameless, "sha256:old", WANTED)).toMatchObject({ ms: 500, told: { from: "a registry", looks: 1 } });
    expect(lookAgain(nameless, null, WANTED)).toMatchObject({ ms: 500 });
    expect(lookAgain(nameless, "sha256:other", WANTED)).toBeNull();
  });
});
