import { afterEach, beforeEach, expect, it } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

it("while the end of one that is gone is being recorded, nothing else gets its name", async () => {
  await house.upToTheEnd({ web: { replicas: 1 } });
  const [first = ""] = await house.serving();
  const { tail, create } = house.engine;
  const created: string[] = [];
  house.engine.create = async (blueprint) => {
    created.push(blueprint.name);
    return create(blueprint);
  };
  let goOn: () => void = () => undefined;
  const recording = new Promise<void>((begun) => {
    house.engine.tail = async (...asked) => {
      begun();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      return tail(...asked);
    };
  });
  house.engine.control.crash(first);
  await recording;
  house.engine.control.vanish(first);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(created).toEqual([]);
  house.engine.tail = tail;
  goOn();
  await house.until(async () => (await house.serving()).length === 1);
  expect([created, await house.serving()]).toEqual([["shop-web-r1-1-a2"], ["shop-web-r1-1-a2"]]);
});

it("whose names and addresses the router still has, nobody gets: it lets go of them first (crowded story 21556)", async () => {
  await house.upToTheEnd({ web: {} });
  const { engine, router } = house;
  const gone = await house.serving();
  await house.close();
  for (const name of gone) engine.control.vanish(name);
  const { apply } = router;
  let refused = 0;
  router.apply = async () => {
    refused += 1;
    throw new InstarError("INS4002", "the router does not answer");
  };
  const { create } = engine;
  engine.create = async (blueprint) => {
    expect((await router.observe()).map(({ name }) => name)).toEqual([]);
    return create(blueprint);
  };
  await house.open();
  await house.until(async () => refused > 2);
  expect(engine.control.containers()).toEqual([]);
  router.apply = apply;
  await house.until(async () => (await house.serving()).length === gone.length);
});

it("before its names and addresses are given to others, the router's file is free of it, too (crowded story 27935)", async () => {
  await house.upToTheEnd({ web: {} });
  const { engine, router } = house;
  const [gone = ""] = await house.serving();
  router.control.persistMs = 300;
  const savedAtCreation: string[][] = [];
  const { create } = engine;
  engine.create = async (blueprint) => {
    savedAtCreation.push(router.control.saved().backends.flatMap(({ servers }) => servers.map(({ name }) => name)));
    return create(blueprint);
  };
  engine.control.vanish(gone);
  await house.until(async () => savedAtCreation.length > 0 && (await house.serving()).length === 2);
  expect(savedAtCreation[0]).toHaveLength(1);
  expect(savedAtCreation[0]).not.toContain(gone);
});

it("nothing is started while the router, restarted with an older file, has servers that nobody wants (crowded story 12420)", async () => {
  await house.upToTheEnd({ web: {} });
  const { engine, router } = house;
  const [gone = ""] = await house.serving();
  // What it is told from now on is not in its file, whoever is told so.
  router.control.persistMs = 600_000;
  router.persisted = async () => undefined;
  const { create, start } = engine;
  const haveAtStart: string[][] = [];
  engine.create = async (blueprint) => {
    router.control.crash();
    expect((await router.observe()).map((one) => one.name)).toContain(gone);
    return create(blueprint);
  };
  engine.start = async (name) => {
    haveAtStart.push((await router.observe()).map((one) => one.name));
    return start(name);
  };
  engine.control.vanish(gone);
  await house.until(async () => haveAtStart.length > 0);
  expect(haveAtStart[0]).not.toContain(gone);
});
