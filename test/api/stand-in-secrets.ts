import { createHmac } from "node:crypto";
import { InstarError } from "../../src/errors.ts";
import type { SecretControl, SecretView } from "../../src/reconcile/secret-control.ts";

/** Secrets and configs in memory; `shop/web` names every one that is called `used`. */
export class StandInSecrets implements SecretControl {
  readonly kept = new Map<string, Uint8Array>();

  list: SecretControl["list"] = async (kind) =>
    [...this.kept.keys()].filter((key) => key.startsWith(`${kind}:`)).map((key) => this.#view(key));

  set: SecretControl["set"] = async (kind, name, bytes) => {
    if (bytes.length === 0) throw new InstarError("INS2103", `the content for the ${kind} ${name} is empty`);
    const key = `${kind}:${name}`;
    const before = this.kept.get(key);
    this.kept.set(key, bytes);
    return { ...this.#view(key), changed: before === undefined || !Buffer.from(before).equals(bytes) };
  };

  remove: SecretControl["remove"] = async (kind, name, { force }) => {
    const key = `${kind}:${name}`;
    if (!this.kept.has(key)) throw new InstarError("INS2100", `there is no ${kind} ${name}`);
    const { version, usedBy } = this.#view(key);
    if (usedBy.length > 0 && !force) throw new InstarError("INS2102", `the ${kind} ${name} is named by ${usedBy.join(", ")}`);
    this.kept.delete(key);
    return { removed: name, version, usedBy };
  };

  #view(key: string): SecretView {
    const bytes = this.kept.get(key) ?? new Uint8Array();
    const name = key.slice(key.indexOf(":") + 1);
    const version = createHmac("sha256", "of a test").update(bytes).digest("hex");
    return { name, version, bytes: bytes.length, changedAt: 1_700_000_000_000, usedBy: name === "used" ? ["shop/web"] : [] };
  }
}
