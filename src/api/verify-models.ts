import { Type } from "typebox";
import type { ChainView } from "../reconcile/chain.ts";
import type { Attestation, AuditView, InstanceProof, VerifyView } from "../reconcile/verify-control.ts";
import { count, model, nullable, oneOf } from "./model.ts";

const text = Type.String();
const texts = Type.Array(text);
const instant = Type.Integer({ description: "milliseconds since the epoch" });

const Head = Type.Object({ seq: count, hash: text, signature: text });

export const EventLogModel = model<ChainView>()(
  "EventLog",
  Type.Object({
    events: count,
    head: nullable(Head),
    from: nullable(instant),
    to: nullable(instant),
    faults: Type.Array(Type.Object({ seq: count, message: text })),
  }),
  true,
);

const ProofModel = model<InstanceProof>()(
  "InstanceProof",
  Type.Object({
    name: text,
    id: text,
    stack: text,
    service: text,
    revision: Type.Integer(),
    digest: text,
    image: text,
    createdAt: instant,
    onDisk: Type.Boolean(),
    differences: Type.Array(
      Type.Object({
        kind: oneOf("image", "configuration", "layer", "history", "unattested", "log"),
        detail: text,
        from: nullable(instant),
        to: nullable(instant),
      }),
    ),
  }),
  true,
);

const AttestationModel = model<Attestation>()(
  "Attestation",
  Type.Object({
    format: Type.Literal(1),
    installation: text,
    at: instant,
    stack: nullable(text),
    service: nullable(text),
    log: EventLogModel,
    instances: Type.Array(ProofModel),
    proven: Type.Boolean(),
  }),
  true,
);

export const VerifyModel = model<VerifyView>()(
  "Verification",
  Type.Object({ attestation: AttestationModel, signature: text, publicKey: text }),
  true,
);

export const AuditModel = model<AuditView>()("Audit", Type.Object({ log: EventLogModel, claims: texts }), true);
