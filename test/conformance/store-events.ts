import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { canonicalText } from "../../src/lib/hash.ts";
import { isSigned } from "../../src/lib/signing.ts";
import { headText } from "../../src/reconcile/chain.ts";
import { DB, MOMENT, type Place, WEB } from "./store-world.ts";

/** Of the event log and its chain. */
export function eventLogConformance(place: Place): void {
  const five = async (): Promise<void> => {
    for (let n = 1; n <= 5; n++) await place().addEvent(n * 1000, { kind: "test", message: `event ${n}` });
  };

  test("events are numbered from 1 and come back whole", async () => {
    const view = await place().addEvent(MOMENT, { kind: "test", message: "bare" });
    expect(view).toEqual({
      seq: 1,
      at: MOMENT,
      kind: "test",
      message: "bare",
      stack: null,
      service: null,
      instance: null,
      deployment: null,
    });
    const full = { kind: "test", ...WEB, instance: "i", deployment: "D1", message: "“whole”\n" };
    expect(await place().addEvent(MOMENT, full)).toEqual({ seq: 2, at: MOMENT, ...full });
    expect(await place().events({})).toEqual([view, { seq: 2, at: MOMENT, ...full }]);
  });

  test("events are read on from a number, or the newest of them, in their order", async () => {
    await five();
    await place().addEvent(6000, { kind: "test", ...WEB, message: "web's" });
    await place().addEvent(7000, { kind: "test", ...DB, message: "db's" });
    const seqs = async (of: Parameters<ReturnType<Place>["events"]>[0]) => (await place().events(of)).map(({ seq }) => seq);
    expect(await seqs({ after: 0 })).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await seqs({ after: 2, limit: 2 })).toEqual([3, 4]);
    expect(await seqs({ after: 7 })).toEqual([]);
    expect(await seqs({ limit: 2 })).toEqual([6, 7]);
    expect(await seqs({ stack: "shop" })).toEqual([6, 7]);
    expect(await seqs({ ...WEB, after: 0 })).toEqual([6]);
    expect(await seqs({ service: "db", limit: 1 })).toEqual([7]);
  });

  test("without a limit the newest hundred come, or a thousand from a number on", async () => {
    await place().write(async (within) => {
      for (let n = 0; n < 1002; n++) await within.addEvent(n, { kind: "test", message: "one of many" });
    });
    const ends = (events: readonly { readonly seq: number }[]) => [events.length, events[0]?.seq, events.at(-1)?.seq];
    expect(ends(await place().events({}))).toEqual([100, 903, 1002]);
    expect(ends(await place().events({ after: 1 }))).toEqual([1000, 2, 1001]);
  });

  test("each event carries the hash of the one before, and the last is signed", async () => {
    expect(await place().head()).toBeNull();
    await five();
    const events = await place().events({ after: 0 });
    let hash = "";
    for (const event of events) {
      hash = createHash("sha256")
        .update(`${hash}${canonicalText(event)}`)
        .digest("hex");
      expect(await place().hashAt(event.seq)).toBe(hash);
    }
    expect([await place().hashAt(0), await place().hashAt(6)]).toEqual([null, null]);
    const { installation, signer } = place();
    const head = await place().head();
    expect(head).toMatchObject({ seq: 5, hash });
    const isOurs = (seq: number): boolean => isSigned(headText(installation, { seq, hash }), head?.signature ?? "", signer.publicKey);
    expect([isOurs(5), isOurs(4)]).toEqual([true, false]);
    expect(signer.signed("other", signer.sign("other"))).toBe(true);
    expect(await place().checkChain()).toMatchObject({ events: 5, from: 1000, to: 5000, faults: [], head });
  });

  test("an empty log is whole", async () => {
    expect(await place().checkChain()).toEqual({ events: 0, head: null, from: null, to: null, faults: [] });
  });

  test("a transaction that failed leaves the head where it was", async () => {
    await five();
    const refused = place().write(async (within) => {
      await within.addEvent(6000, { kind: "test", message: "never" });
      expect(await within.hashAt(6)).not.toBeNull();
      throw new Error("no");
    });
    await expect(refused).rejects.toThrow("no");
    expect([(await place().head())?.seq, await place().hashAt(6)]).toEqual([5, null]);
    await place().addEvent(6000, { kind: "test", message: "six" });
    await place().addEvent(7000, { kind: "test", message: "seven" });
    expect(await place().checkChain()).toMatchObject({ events: 7, faults: [] });
    const [, , , , , six] = await place().events({ after: 0 });
    const before = await place().hashAt(5);
    expect(await place().hashAt(6)).toBe(
      createHash("sha256")
        .update(`${before}${canonicalText(six)}`)
        .digest("hex"),
    );
  });

  test("touches are told apart from other events", async () => {
    for (const kind of ["drift.exec", "drift.healed", "test", "drift.managed-file"])
      await place().addEvent(MOMENT, { kind, message: kind });
    expect((await place().touchEvents()).map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, "drift.exec"],
      [4, "drift.managed-file"],
    ]);
  });
}
