import { expect, test } from "vitest";
import type { TokenRow } from "../../src/reconcile/token-store.ts";
import { MOMENT, type Place } from "./store-world.ts";

/** Of tokens. */
export function tokensConformance(place: Place): void {
  const row = (name: string, more: Partial<TokenRow> = {}): TokenRow => ({
    ...{ name, hash: `hash of ${name}`, role: "deploy", scope: ["shop/web"], createdAt: MOMENT, who: "ann", expiresAt: null },
    ...more,
  });

  test("tokens are found by name and by hash, and listed by name", async () => {
    const [b, a] = [row("b", { scope: null, expiresAt: MOMENT + 1 }), row("a")];
    for (const one of [b, a]) await place().addToken(one);
    expect(await place().tokens()).toEqual([
      { ...a, usedAt: null },
      { ...b, usedAt: null },
    ]);
    expect(await place().token("b")).toEqual({ ...b, usedAt: null });
    expect((await place().tokenOf("hash of a"))?.name).toBe("a");
    for (const nobody of ["hash of c", "a", ""]) expect(await place().tokenOf(nobody)).toBeNull();
    expect(await place().token("c")).toBeNull();
  });

  test("a name and a hash are of one token", async () => {
    await place().addToken(row("a"));
    for (const other of [row("a", { hash: "another" }), row("b", { hash: "hash of a" })])
      await expect(place().addToken(other)).rejects.toThrow();
    expect(await place().tokens()).toEqual([{ ...row("a"), usedAt: null }]);
  });

  test("the last use is kept; a token that was dropped does not come back by being used", async () => {
    for (const one of [row("a"), row("b")]) await place().addToken(one);
    for (const at of [MOMENT + 5, MOMENT + 9]) await place().tokenUsed("hash of a", at);
    expect((await place().tokens()).map(({ usedAt }) => usedAt)).toEqual([MOMENT + 9, null]);
    await place().dropToken("a");
    await place().tokenUsed("hash of a", MOMENT + 10);
    expect((await place().tokens()).map(({ name }) => name)).toEqual(["b"]);
    expect(await place().tokenOf("hash of a")).toBeNull();
  });

  test("what a transaction that fails did to tokens is not done", async () => {
    await place().addToken(row("a"));
    const failing = place().write(async (within) => {
      await within.dropToken("a");
      await within.addToken(row("b"));
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect((await place().tokens()).map(({ name }) => name)).toEqual(["a"]);
  });
}
