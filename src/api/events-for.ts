import type { Control, EventView } from "../reconcile/control.ts";
import type { Holder } from "./holder.ts";

type Asked = Parameters<Control["events"]>[0];

/** The events that are asked for, among those the holder reaches; as many of these as `limit` says, not of all. */
export async function eventsFor(control: Control, { scope }: Holder, of: Asked): Promise<readonly EventView[]> {
  if (scope === null) return control.events(of);
  const pages = await Promise.all(scope.flatMap((part) => within(part, of)).map((narrowed) => control.events(narrowed)));
  const events = pages.flat().sort((a, b) => a.seq - b.seq);
  return of.after === undefined ? events.slice(-(of.limit ?? 100)) : events.slice(0, of.limit ?? 1000);
}

/** What is asked for within `stack` or `stack/service`; none when it lies outside. */
function within(part: string, of: Asked): readonly Asked[] {
  const [stack = "", service = of.service] = part.split("/");
  if (of.stack !== undefined && of.stack !== stack) return [];
  if (of.service !== undefined && of.service !== service) return [];
  return [{ ...of, stack, ...(service === undefined ? {} : { service }) }];
}
