import { Type } from "typebox";
import type { Cause } from "../plan/drift.ts";
import type { DriftView, SuggestionView } from "../reconcile/drift-control.ts";
import { model, oneOf } from "./model.ts";

const text = Type.String();
const instant = Type.Integer({ description: "milliseconds since the epoch" });

const CauseModel = model<Cause>()(
  "DriftCause",
  Type.Object({
    kind: oneOf("exec", "copy", "write", "update", "rename", "pause", "network", "mount", "restart", "managed-file"),
    detail: text,
    at: instant,
    by: text,
  }),
  true,
);

const named = { name: text, stack: text, service: text, causes: Type.Array(CauseModel) };

export const DriftModel = model<DriftView>()(
  "Drift",
  Type.Object({
    watching: Type.Object({ since: instant, seen: instant }),
    gaps: Type.Array(Type.Object({ from: instant, to: instant, reason: text, blind: Type.Boolean() })),
    instances: Type.Array(
      Type.Object({
        ...named,
        verdict: oneOf("none", "tainted", "changed", "worn", "foreign", "unwatched"),
        because: text,
        more: Type.Boolean(),
      }),
    ),
    gone: Type.Array(Type.Object(named)),
  }),
  true,
);

export const SuggestionModel = model<SuggestionView>()(
  "Suggestion",
  Type.Object({
    stack: text,
    service: text,
    instances: Type.Integer(),
    scratch: Type.Array(text),
    volumes: Type.Array(text),
    image: Type.Array(text),
    lines: Type.Array(text),
  }),
  true,
);
