import { storeConformance } from "../conformance/store.ts";
import type { StoreWorld } from "../conformance/store-world.ts";
import { createFakeStore, type FakeStore } from "./fake-store.ts";

const worldOf = (store: FakeStore): StoreWorld => ({
  store,
  reopened: async () => worldOf(store),
  fill() {
    store.control.fill(0);
    return () => store.control.fill(null);
  },
  close: () => store.close(),
});

storeConformance("a fake", async () => worldOf(createFakeStore("fake")));
