import { Type } from "typebox";
import type { Snapshot } from "../reconcile/snapshots.ts";
import type { VolumeView } from "../reconcile/volume-control.ts";
import { count, model, nullable, oneOf } from "./model.ts";

const text = Type.String();
const instant = Type.Integer({ description: "milliseconds since the epoch" });

export const VolumeModel = model<VolumeView>()(
  "Volume",
  Type.Object({
    name: text,
    stack: nullable(text),
    ours: Type.Boolean(),
    bytes: nullable(count),
    users: Type.Array(Type.Object({ container: text, service: nullable(text), running: Type.Boolean(), readOnly: Type.Boolean() })),
    snapshots: count,
    lastSnapshot: nullable(Type.Object({ id: text, createdAt: instant })),
    orphan: Type.Boolean(),
    halfRestored: nullable(text),
    work: nullable(text),
    frozenSince: nullable(instant),
  }),
  true,
);

export const SnapshotModel = model<Snapshot>()(
  "Snapshot",
  Type.Object({
    id: text,
    volume: text,
    stack: nullable(text),
    service: nullable(text),
    slot: nullable(Type.Integer()),
    deployment: nullable(text),
    origin: oneOf("hand", "before-deploy", "import"),
    consistency: oneOf("stopped", "frozen", "crash"),
    who: text,
    createdAt: instant,
    rawBytes: count,
    bytes: count,
    sha256: text,
    entries: count,
    version: text,
  }),
  true,
);
