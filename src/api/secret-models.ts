import { Type } from "typebox";
import type { SecretRemoved, SecretSet, SecretView } from "../reconcile/secret-control.ts";
import { count, model } from "./model.ts";

const text = Type.String();
const texts = Type.Array(text);
const shown = {
  name: text,
  version: Type.String({ description: "an HMAC of the content, as in revisions" }),
  bytes: count,
  changedAt: Type.Integer({ description: "milliseconds since the epoch" }),
  usedBy: texts,
};

export const SecretModel = model<SecretView>()("Secret", Type.Object(shown), true);
export const SecretSetModel = model<SecretSet>()("SecretSet", Type.Object({ ...shown, changed: Type.Boolean() }), true);
export const SecretRemovedModel = model<SecretRemoved>()(
  "SecretRemoved",
  Type.Object({ removed: text, version: text, usedBy: texts }),
  true,
);
