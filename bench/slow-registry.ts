/** A registry in a process of its own that lets ten requests a second in. Prints its address; ends with its parent. */
import { FakeRegistry } from "../test/sim/fake-registry.ts";

const registry = await FakeRegistry.open({ perSecond: 10 });
for (let n = 0; n < 500; n++) registry.put(`shop/s${n}`, "1", { schemaVersion: 2, config: { digest: `sha256:${"0".repeat(64)}` }, n });
process.on("disconnect", () => process.exit());
process.on("message", () => {
  const looks = registry.asked.filter(({ method }) => method === "HEAD").map(({ at, url, status }) => ({ at, url, status: status() }));
  process.send?.({ looks });
});
process.send?.({ domain: registry.domain });
