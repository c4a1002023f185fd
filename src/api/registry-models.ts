import { Type } from "typebox";
import type { Reaction, WatchView } from "../reconcile/autoredeploy-control.ts";
import type { PruneView, RevisionImage } from "../reconcile/image-control.ts";
import { count, model, nullable, oneOf } from "./model.ts";

const text = Type.String();
const texts = Type.Array(text);
const instant = Type.Integer({ description: "milliseconds since the epoch" });

export const WatchModel = model<WatchView>()(
  "Watch",
  Type.Object({
    stack: text,
    service: text,
    watches: text,
    state: oneOf(
      "up-to-date",
      "deploying",
      "waiting-for-approval",
      "waiting-for-age",
      "waiting-for-window",
      "waiting",
      "failed-before",
      "pinned",
      "stopped",
      "nothing-to-watch",
      "trouble",
      "not-looked-yet",
    ),
    reason: text,
    candidate: nullable(Type.Object({ tag: text, digest: text, seenAt: instant, from: text })),
    everyMs: count,
    lookedAt: nullable(instant),
    nextLookAt: nullable(instant),
  }),
  true,
);

export const ReactionModel = model<Reaction>()("Reaction", Type.Object({ service: text, deployment: nullable(text), reason: text }), true);

export const RevisionImageModel = model<RevisionImage>()(
  "RevisionImage",
  Type.Object({
    ...{ stack: text, service: text, revision: Type.Integer(), current: Type.Boolean(), kept: Type.Boolean() },
    ...{ reference: text, digest: text, saved: Type.Boolean(), detail: nullable(text) },
    state: oneOf("present", "pullable", "saved", "gone", "unknown"),
  }),
  true,
);

export const PruneModel = model<PruneView>()("Prune", Type.Object({ removed: texts, inUse: texts, unsaved: texts, bytes: count }), true);
