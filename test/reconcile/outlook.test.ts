import { describe, expect, it } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { Outlook } from "../../src/reconcile/outlook.ts";
import type { Engine, EngineInstance, RoutedServer, Router } from "../../src/reconcile/ports.ts";

const key = (n: number) => ({ stack: "shop", service: `s${n}` });
const instanceOf = (service: string) => ({ name: `shop-${service}-r1-1-a1`, stack: "shop", service }) as EngineInstance;
const IDLE: ReadonlySet<string> = new Set();

/** Answers only when it is told to. */
class Slow {
  readonly looks: (string | undefined)[] = [];
  readonly roughly: string[][] = [];
  readings = 0;
  readonly #waiting: (() => void)[] = [];
  failure: Error | null = null;
  /** Services that have no container. */
  readonly empty = new Set<string>();

  readonly engine = {
    instances: async (of: { service?: string } = {}, busy: ReadonlySet<string>) => {
      this.looks.push(of.service);
      this.roughly.push([...busy]);
      await this.#turn();
      if (this.failure !== null && of.service === undefined) throw this.failure;
      const all = of.service === undefined ? Array.from({ length: 30 }, (_, n) => `s${n}`) : [of.service];
      return all.filter((service) => !this.empty.has(service)).map(instanceOf);
    },
  } as unknown as Engine;

  readonly router = {
    observe: async () => {
      const reading = ++this.readings;
      await this.#turn();
      return Array.from(
        { length: 30 },
        (_, n) => ({ name: `shop-s${n}-r1-1-a1`, sessions: reading, state: n < 28 ? "ready" : n < 29 ? "drain" : "maint" }) as RoutedServer,
      );
    },
  } as unknown as Router;

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets everything be answered that was asked until now. */
  async answer(): Promise<void> {
    for (const go of this.#waiting.splice(0)) go();
    await settled();
  }
}

const outlookOf = (slow: Slow, underWay: readonly string[] = []): Outlook => new Outlook(slow.engine, slow.router, () => underWay);
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("passes that look at the same time", () => {
  it("one alone looks at its own service, and has the servers of its own instances only", async () => {
    const slow = new Slow();
    const seen = outlookOf(slow).see(key(1), new Set(["shop-s1-r1-1-a1"]));
    await settled();
    await slow.answer();
    const { instances, routed, reachable } = await seen;
    expect({ instances, routed }).toEqual({
      instances: [instanceOf("s1")],
      routed: [{ name: "shop-s1-r1-1-a1", sessions: 1, state: "ready" }],
    });
    // The last two are in maintenance, or drain.
    expect(reachable()).toEqual(Array.from({ length: 28 }, (_, n) => `shop-s${n}-r1-1-a1`));
    expect([slow.looks, slow.roughly]).toEqual([["s1"], [["shop-s1-r1-1-a1"]]]);
  });

  it("thirty need three lists and two readings of the router, not thirty of each, and each sees its own", async () => {
    const slow = new Slow();
    const outlook = outlookOf(slow);
    const first = outlook.see(key(0), IDLE);
    await settled();
    const others = Array.from({ length: 29 }, (_, n) => outlook.see(key(n + 1), new Set([`busy${n + 1}`])));
    for (let n = 0; n < 4; n++) {
      await settled();
      await slow.answer();
    }
    for (const [n, seen] of (await Promise.all([first, ...others])).entries()) expect(seen.instances).toEqual([instanceOf(`s${n}`)]);
    expect(slow.looks.filter((service) => service === undefined).length).toBeLessThanOrEqual(2);
    expect(slow.looks.length).toBeLessThanOrEqual(10);
    expect(slow.roughly.flat()).toHaveLength(29);
    expect(slow.readings).toBe(2);
  });

  it("what any service has under way is seen roughly in the look at all: its inspect may hang", async () => {
    const slow = new Slow();
    const outlook = outlookOf(slow, ["shop-s40-r1-1-a1"]);
    const seen = Array.from({ length: 12 }, (_, n) => outlook.see(key(n), IDLE));
    for (let n = 0; n < 4; n++) {
      await settled();
      await slow.answer();
    }
    await Promise.all(seen);
    expect(slow.roughly[slow.looks.indexOf(undefined)]).toEqual(["shop-s40-r1-1-a1"]);
  });

  it("one that has no container sees none in the look at all, and the others see theirs", async () => {
    const slow = new Slow();
    slow.empty.add("s11");
    const outlook = outlookOf(slow);
    const seen = Array.from({ length: 12 }, (_, n) => outlook.see(key(n), IDLE));
    for (let n = 0; n < 4; n++) {
      await settled();
      await slow.answer();
    }
    const [last, ...others] = (await Promise.all(seen)).reverse();
    expect(last).toMatchObject({ instances: [], routed: [] });
    for (const [n, one] of others.reverse().entries()) expect(one.instances).toEqual([instanceOf(`s${n}`)]);
    expect(slow.looks).not.toContain("s11");
  });

  it("nobody is told what was read before it asked", async () => {
    const slow = new Slow();
    const outlook = outlookOf(slow);
    const before = outlook.see(key(0), IDLE);
    await settled();
    const after = outlook.see(key(1), IDLE);
    for (let n = 0; n < 3; n++) {
      await slow.answer();
      await settled();
    }
    expect((await before).routed[0]?.sessions).toBe(1);
    expect((await after).routed[0]?.sessions).toBe(2);
  });

  it("when the look at all fails, each looks for itself", async () => {
    const slow = new Slow();
    slow.failure = new Error("one of them cannot be inspected");
    const outlook = outlookOf(slow);
    const seen = Array.from({ length: 12 }, (_, n) => outlook.see(key(n), IDLE));
    for (let n = 0; n < 5; n++) {
      await settled();
      await slow.answer();
    }
    for (const [n, one] of (await Promise.all(seen)).entries()) expect(one.instances).toEqual([instanceOf(`s${n}`)]);
  });

  it("when the engine cannot be reached, it is asked once for all that wait", async () => {
    const slow = new Slow();
    slow.failure = new InstarError("INS3001", "the engine does not answer");
    const outlook = outlookOf(slow);
    const seen = Promise.allSettled(Array.from({ length: 12 }, (_, n) => outlook.see(key(n), IDLE)));
    for (let n = 0; n < 5; n++) {
      await settled();
      await slow.answer();
    }
    const failed = (await seen).filter((one) => one.status === "rejected");
    expect(failed.map(({ reason }) => (reason as InstarError).code)).toEqual(Array(4).fill("INS3001"));
    expect(slow.looks.filter((service) => service === undefined)).toHaveLength(1);
  });
});
