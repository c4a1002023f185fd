import { expect, test } from "vitest";
import { Saver } from "../../src/haproxy/saver.ts";
import type { RouteTable } from "../../src/route/types.ts";
import { EMPTY, shop } from "../route/tables.ts";

test("a write that fails after something newer was written another way does not come back over it", async () => {
  const written: RouteTable[] = [];
  let fail: (cause: Error) => void = () => undefined;
  const saver = new Saver((table) => {
    written.push(table);
    return new Promise((resolve, reject) => {
      if (written.length > 1) resolve();
      else fail = reject;
    });
  });
  saver.save(EMPTY);
  saver.superseded();
  fail(new Error("the container ended while it checked a configuration"));
  await saver.saved();
  expect(written).toEqual([EMPTY]);
  saver.save(shop());
  await saver.saved();
  expect(written).toEqual([EMPTY, shop()]);
});

test("one that began after it does", async () => {
  let tries = 0;
  const saver = new Saver(async () => {
    if (tries++ === 0) throw new Error("no");
  });
  saver.superseded();
  saver.save(EMPTY);
  await saver.saved();
  expect(tries).toBe(2);
});
