import { beforeEach, describe, expect, it, vi } from "vitest";
import { InstarError } from "../../src/errors.ts";
import type { Blueprint } from "../../src/reconcile/ports.ts";
import type { FakeContainer } from "../sim/fake-container.ts";
import { createFakeEngine } from "../sim/fake-engine.ts";
import type { Version, Wish } from "./possible.ts";
import type { Image } from "./story.ts";
import { SimulatedTime } from "./time.ts";
import { Wishes } from "./wishes.ts";

const V1: Version = { app: "app:v1", job: "job:good", edition: 1 };
let wishes: Wishes;
let engine: ReturnType<typeof createFakeEngine>;
let deployments: number;
const begin = (strategy: "rolling" | "blue-green" = "rolling"): void => {
  wishes = new Wishes({ strategy, replicas: 2 }, V1);
  engine = createFakeEngine({ clock: new SimulatedTime(0), installation: "test" });
  wishes.watch(engine);
  deployments = 1;
  make("app:v1");
};
beforeEach(() => begin());

const up = (app: Image, more: Partial<Version> = {}): Wish => ({ do: "up", version: { ...V1, app, ...more }, replicas: 2 });
const content = (app: Image, edition: number) => ({
  service: "app",
  image: { reference: app },
  spec: { environment: { EDITION: String(edition) } },
});
/** Refused by the engine at once: only that it was asked for counts. */
function make(app: Image, edition = 1, slot = 1): void {
  engine.create({ ...content(app, edition), name: "it", slot } as unknown as Blueprint).catch(() => undefined);
}
const end = (app: Image): void => wishes.struck({ blueprint: { ...content(app, 1), name: "it" } as unknown as Blueprint });
/** Accepted as the next deployment, whose id it returns. */
function accept(wish: Wish): string {
  const id = `D${++deployments}`;
  wishes.answered(wishes.asked(wish), { id, service: "app", outcome: "running" });
  return id;
}
const told = (deployment: string, outcome: string): void => wishes.told({ kind: `deployment.${outcome}`, service: "app", deployment });
const ends = (): string[] => wishes.ends.map((one) => `${one.replicas} × ${one.app} ${one.edition}`).sort();

describe("what may serve in the end", () => {
  it("is what was accepted last, once it was made; what does not work changes nothing", () => {
    const id = accept(up("app:v2"));
    make("app:v2");
    expect(ends()).toEqual(["2 × app:v2 1"]);
    accept(up("app:mute"));
    expect(ends()).toEqual(["2 × app:v1 1", "2 × app:v2 1"]);
    told(id, "succeeded");
    accept(up("app:v3", { job: "job:bad" }));
    expect(ends()).toEqual(["2 × app:v2 1"]);
    accept(up("app:v2", { edition: 2 }));
    make("app:v2", 2);
    expect(ends()).toEqual(["2 × app:v2 2"]);
  });

  it("is nothing at all when what was accepted was never made", () => {
    accept(up("app:v2"));
    expect(ends()).toEqual([]);
  });

  it("is either of two after a question without an answer, until somebody sees what it brings", () => {
    make("app:v1");
    wishes.asked({ do: "scale", replicas: 3 });
    wishes.killed();
    expect(ends()).toEqual(["2 × app:v1 1", "3 × app:v1 1"]);
    make("app:v1", 1, 3);
    expect(ends()).toEqual(["3 × app:v1 1"]);
  });

  it("is either of two after a refused write, and one after what is refused by its rule", () => {
    wishes.refused(wishes.asked({ do: "scale", replicas: 3 }), new InstarError("INS2060", "D1 has not ended"));
    expect(ends()).toEqual(["2 × app:v1 1"]);
    wishes.refused(wishes.asked({ do: "scale", replicas: 3 }), new InstarError("INS6003", "the disk is full"));
    expect(ends()).toEqual(["2 × app:v1 1", "3 × app:v1 1"]);
  });

  it("is either of two when the world ended what was being brought in, until its end is told; not when it ended something else", () => {
    const id = accept(up("app:v2"));
    make("app:v2");
    end("app:v1");
    expect(ends()).toEqual(["2 × app:v2 1"]);
    end("app:v2");
    expect(ends()).toEqual(["2 × app:v1 1", "2 × app:v2 1"]);
    told(id, "rolled-back");
    expect([ends(), wishes.absurd]).toEqual([["2 × app:v1 1"], null]);
  });

  it("goes back to the one that was good before the present one, and a number set by hand outlives it", () => {
    const id = accept(up("app:v2"));
    make("app:v2");
    told(id, "succeeded");
    told(accept({ do: "scale", replicas: 4 }), "succeeded");
    const back = accept({ do: "rollback" });
    expect(ends()).toEqual(["4 × app:v1 1"]);
    told(back, "succeeded");
    accept({ do: "rollback" });
    expect(ends()).toEqual(["4 × app:v2 1"]);
  });

  it("is what was before an abort, and beside each other both sides have the number that was asked for", () => {
    begin("blue-green");
    const id = accept(up("app:v2"));
    make("app:v2");
    wishes.answered(wishes.asked({ do: "scale", replicas: 3 }), { id, service: "app", outcome: "running" });
    wishes.answered(wishes.asked({ do: "abort", deployment: id }), { id, service: "app", outcome: "running" });
    expect(ends()).toEqual(["3 × app:v1 1"]);
  });
});

describe("what nothing explains", () => {
  it("a good version that is rolled back", () => {
    told(accept(up("app:v2")), "rolled-back");
    expect(wishes.absurd).toBe("D2 is said to be rolled-back");
  });
  it("the same where what the world ended before has been replaced; not while it lies there", () => {
    const dead = vi.spyOn(engine.control, "containers");
    dead.mockReturnValue([{ blueprint: { name: "it" }, alive: false } as FakeContainer]);
    end("app:v1");
    told(accept({ do: "scale", replicas: 3 }), "rolled-back");
    expect(wishes.absurd).toBeNull();
    dead.mockReturnValue([]);
    told(accept({ do: "scale", replicas: 3 }), "rolled-back");
    expect(wishes.absurd).toBe("D3 is said to be rolled-back");
  });
  it("a rollback that is accepted before anything else was good", () => {
    accept({ do: "rollback" });
    expect(wishes.absurd).toBe('{"do":"rollback"} was accepted');
  });
  it("an instance of what nobody wanted", () => {
    make("app:v3");
    expect(wishes.absurd).toBe("it of app:v3, edition 1, is made");
  });
});
