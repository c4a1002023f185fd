import { Type } from "typebox";
import type { TriggerAnswer, TriggerMade, TriggerView } from "../reconcile/trigger-control.ts";
import { count, model, nullable, oneOf } from "./model.ts";

const text = Type.String();
const instant = Type.Integer({ description: "milliseconds since the epoch" });

export const TriggerModel = model<TriggerView>()(
  "Trigger",
  Type.Object({
    id: text,
    name: nullable(text),
    stack: text,
    service: text,
    kind: oneOf("redeploy", "scale-up"),
    hmac: Type.Boolean(),
    body: Type.Boolean(),
    anyTag: Type.Boolean(),
    by: count,
    most: count,
    createdAt: instant,
    who: text,
    calls: Type.Object({ accepted: count, refused: count }),
    last: nullable(Type.Object({ at: instant, outcome: oneOf("accepted", "replayed", "refused"), reason: text })),
  }),
  true,
);

export interface TriggerShown extends TriggerMade {
  /** Where it can be called on this machine; null without a TCP listener. */
  readonly url: string | null;
}

export const TriggerMadeModel = model<TriggerShown>()(
  "TriggerMade",
  Type.Object({ trigger: TriggerModel, path: text, hmacKey: nullable(text), url: nullable(text) }),
  true,
);

export const TriggerAnswerModel = model<TriggerAnswer>()(
  "TriggerAnswer",
  Type.Object({
    trigger: text,
    stack: text,
    service: text,
    accepted: Type.Boolean(),
    deployment: nullable(text),
    replayed: Type.Boolean(),
    reason: text,
    pending: Type.Boolean(),
  }),
  true,
);
