import type { ContextFacts } from "../plan/context.ts";
import { type ContextSpec, portsIn } from "../spec/context.ts";
import type { Store } from "./store.ts";
import { publishedPort } from "./table.ts";

/** Host ports of the services whose ports the templates name: as their rows want them, which are there before any pass has looked. */
export async function portsFor(context: ContextSpec, stack: string, store: Store): Promise<ContextFacts["ports"]> {
  const found: Record<string, Readonly<Record<string, number>>> = {};
  for (const service of portsIn(context)) {
    const key = { stack, service };
    const row = await store.service(key);
    const revision = row === null ? null : await store.revision(key, row.target);
    const rows = (await store.ports()).filter((port) => port.stack === stack && port.service === service);
    const given = new Map(rows.map((port) => [`${port.target}/${port.protocol}`, port.published]));
    found[service] = Object.fromEntries(
      (revision?.spec.ports ?? []).flatMap((port) => {
        const published = port.protocol === "tcp" ? publishedPort(port, given) : null;
        return published === null ? [] : [[port.target, published]];
      }),
    );
  }
  return found;
}
