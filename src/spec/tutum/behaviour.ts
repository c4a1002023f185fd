import { parseReference } from "../../lib/reference.ts";
import type { Translate } from "./keys.ts";
import { madeMap, madeScalar, madeText } from "./made.ts";
import { hasVariable, textOf } from "./values.ts";

/** How instances come, go and stand: the keys that Instar has another word for. */

const isOn = (written: string): boolean => ["true", "y", "yes", "on", "1"].includes(written.toLowerCase());

export const translateImage: Translate = (key, { name }, draft) => {
  draft.set(name, key.key, key.value);
  if (parseReference(textOf(key.value))?.domain === "tutum.co")
    draft.note(key, name, key.written, key.key, "the registry tutum.co is gone: push the image to another one, and name that");
};

export const translateSequence: Translate = (key, { name }, draft) => {
  if (!isOn(textOf(key.value))) {
    const note =
      "instances are replaced one after the other in any case; deploy: { update_config: { parallelism: 0 } } replaces all at once";
    return draft.note(key, name, key.written, null, note);
  }
  draft.set(name, "deploy.update_config", madeMap(key.value, { parallelism: madeScalar(key.value, 1) }));
  draft.note(
    key,
    name,
    key.written,
    "deploy.update_config.parallelism",
    "one after the other, each when the one before is ready, where Tutum only waited until it ran",
  );
};

export const translateStrategy: Translate = (key, { name }, draft) => {
  if (textOf(key.value) !== "every_node") return draft.note(key, name, key.written, null, "it chose among nodes, and there is one machine");
  draft.set(name, "deploy.mode", madeText(key.value, "global"));
  draft.note(key, name, key.written, "deploy.mode", "global is one instance on each machine, and there is one");
};

export const translateAutodestroy: Translate = (key, { name }, draft) =>
  draft.note(
    key,
    name,
    key.written,
    null,
    "an instance that ends by itself and is not replaced goes in any case; its exit code and its log stay",
  );

export const translateAutoredeploy: Translate = (key, { name }, draft) => {
  const written = textOf(key.value);
  if (!hasVariable(written) && !isOn(written))
    return draft.note(key, name, key.written, null, "pushed images come in only where the file says so");
  draft.set(name, "x-instar.autoredeploy", isOn(written) ? madeText(key.value, "same-tag") : key.value);
  draft.note(
    key,
    name,
    key.written,
    "x-instar.autoredeploy",
    "the registry is asked every 60 s; for one that tells by itself: instar trigger create",
  );
};

export const translateNet: Translate = (key, { name }, draft) => {
  if (textOf(key.value) === "bridge")
    return draft.note(key, name, key.written, null, "instances join the stack's own network, where they find each other by name");
  draft.set(name, "network_mode", key.value);
  draft.note(key, name, key.written, "network_mode", "it means the same; the router sends nothing to a service on the host's network");
};
