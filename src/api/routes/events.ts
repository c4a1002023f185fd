import { Type } from "typebox";
import type { Control, EventView } from "../../reconcile/control.ts";
import { needs } from "../access.ts";
import { sees } from "../authorize.ts";
import { forEyesOf } from "../discreet.ts";
import { eventsFor } from "../events-for.ts";
import { feed, sse, streamed } from "../feed.ts";
import { closed, count, ServiceName, StackName } from "../model.ts";
import { Event, FailureModel } from "../models.ts";
import type { App } from "../types.ts";

/** A slow reader is let go and comes back with Last-Event-ID. */
const BACKLOG = 4 * 1024 * 1024;
const PAGE = 200;
const Query = closed({
  stack: Type.Optional(StackName),
  service: Type.Optional(ServiceName),
  after: Type.Optional(count),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
});

/**
 * The event log: JSON, or a live stream for `Accept: text/event-stream`. A stream begins after
 * `Last-Event-ID` (or `after`) when given, else with what happens from now on. Ticks, which have no
 * row in the log, are sent as `changed` without an id.
 */
export function eventRoutes(app: App, control: Control): void {
  app.get(
    "/v1/events",
    {
      config: needs("read", "rows"),
      schema: {
        operationId: "events",
        tags: ["daemon"],
        querystring: Query,
        headers: Type.Object({ "last-event-id": Type.Optional(count) }),
        response: { 200: streamed(Type.Object({ events: Type.Array(Event) })), default: FailureModel },
      },
    },
    async (request, reply) => {
      const of = request.query;
      if (!(request.headers.accept ?? "").includes("text/event-stream"))
        return { events: [...(await eventsFor(control, request.holder, of))] };

      const after = request.headers["last-event-id"] ?? of.after;
      const stream = feed({ heartbeat: ": still here\n\n", backlog: BACKLOG }, () => unsubscribe());
      let sent = after ?? 0;
      const send = (event: EventView) => {
        if (!concerns(event, of) || !sees(request.holder, event)) return;
        const told = forEyesOf(request.holder, event);
        if (event.seq === 0) return stream.write(sse("changed", null, told));
        if (event.seq <= sent) return;
        sent = event.seq;
        stream.write(sse(null, event.seq, told));
      };
      // Subscribed before the log is read, so that nothing falls between the two.
      let waiting: EventView[] | null = [];
      const unsubscribe = control.subscribe((event) => (waiting === null ? send(event) : waiting.push(event)));
      stream.write(": listening\n\n");
      const live = (): void => {
        for (const event of waiting ?? []) send(event);
        waiting = null;
      };
      /** As fast as the reader takes it, however long it is. */
      const past = async (): Promise<void> => {
        for (let cursor = sent; !stream.body.destroyed; ) {
          const page = await control.events({ ...of, after: cursor, limit: PAGE });
          for (const event of page) send(event);
          cursor = page.at(-1)?.seq ?? cursor;
          if (page.length < PAGE) break;
          await stream.taken();
        }
        live();
      };
      if (after === undefined) live();
      else {
        try {
          // A number from before the log began anew would silence the stream for ever.
          sent = Math.min(sent, (await control.events({ limit: 1 })).at(-1)?.seq ?? 0);
        } catch (error) {
          stream.body.destroy();
          throw error;
        }
        past().catch((error: unknown) => {
          request.log.error({ err: error }, "the past of an event stream could not be read");
          stream.body.destroy();
        });
      }
      return reply.header("cache-control", "no-store").type("text/event-stream").send(stream.body);
    },
  );
}

function concerns(event: EventView, of: { stack?: string; service?: string }): boolean {
  if (of.stack !== undefined && event.stack !== null && event.stack !== of.stack) return false;
  return of.service === undefined || event.service === null || event.service === of.service;
}
