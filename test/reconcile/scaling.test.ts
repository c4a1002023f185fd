import { afterEach, beforeEach, expect, it } from "vitest";
import type { Deps } from "../../src/reconcile/actions.ts";
import { scale, stopService } from "../../src/reconcile/scaling.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { openStore } from "../../src/store/sqlite.ts";
import { House } from "./house.ts";

const web = { stack: "shop", service: "web" };
let house: House;
let store: Store;
beforeEach(async () => {
  house = await House.build();
  await house.upToTheEnd({ web: { replicas: 2 } });
  await house.upToTheEnd({ web: { replicas: 2, image: "shop/web:v2" } });
  await house.close();
  store = await openStore(house.home);
});
afterEach(async () => {
  await store.close();
  await house.open();
  await house.wipe();
});

/** What the loop does between the look at the row and the transaction: a deployment turns round, and revision 1 is wanted again. */
function turningRound(): Deps {
  let turned = false;
  const write: Store["write"] = async (work) => {
    if (!turned) {
      turned = true;
      const row = await store.service(web);
      if (row !== null) await store.putService({ ...row, target: 1, stable: 1 });
    }
    return store.write(work);
  };
  const seen = new Proxy(store, { get: (of, name) => (name === "write" ? write : Reflect.get(of, name)) });
  return { store: seen, clock: { now: () => 7, after: () => () => undefined }, changed: async () => undefined } as unknown as Deps;
}

it.each([
  ["scale", (deps: Deps) => scale(deps, web, 3, "me")],
  ["scale to none", (deps: Deps) => scale(deps, web, 0, "me")],
  ["stop", (deps: Deps) => stopService(deps, web, true, "me")],
  ["start", (deps: Deps) => stopService(deps, web, false, "me")],
])("%s keeps the revision that is wanted when it begins, not the one that was before", async (_name, act) => {
  expect((await act(turningRound())).to).toBe(1);
  expect((await store.service(web))?.target).toBe(1);
});
