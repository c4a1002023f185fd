import { readFileSync } from "node:fs";
import { InstarError } from "../../errors.ts";
import { canonicalText } from "../../lib/hash.ts";
import { isSigned } from "../../lib/signing.ts";
import type { Cli, Exit, Verb } from "../cli.ts";
import { answer, type Verification } from "../client.ts";
import { examples } from "../examples.ts";
import { short } from "../table.ts";
import { scopeOf } from "./scope.ts";

const SHOWN = 20;

export const verify: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("[name]", "a stack, or a service")
        .option("--allow-unattested", "a stretch in which nobody watched is shown, and is no failure")
        .option("--key", "print the public key that attestations are signed with")
        .option("--check <file>", "check the signature of an attestation that was kept (--json)")
        .option("--with <file>", "with --check: the public key; without, the one in the attestation is shown and used"),
      "verify shop/web",
      "verify --json > attestation.json",
      "verify --key > instar.pem",
      "verify --check attestation.json --with instar.pem",
    ),
  async run(cli, [name], options) {
    if (typeof options.check === "string") return check(cli, options.check, typeof options.with === "string" ? options.with : null);
    const client = await cli.client();
    if (options.key === true) {
      const { publicKey } = await answer(client.api.GET("/v1/verify/key"));
      if (cli.json) cli.document({ publicKey });
      else cli.print(publicKey.trimEnd());
      return 0;
    }
    const found = await answer(client.api.GET("/v1/verify", { params: { query: await scopeOf(client, name) } }));
    if (cli.json) cli.document(found);
    else show(cli, found);
    return verdict(found, options.allowUnattested === true);
  },
};

function verdict({ attestation: { log, instances } }: Verification, unattestedIsFine: boolean): Exit {
  const bad = instances.some(({ differences }) => differences.some(({ kind }) => !(unattestedIsFine && kind === "unattested")));
  return bad || log.faults.length > 0 ? 1 : 0;
}

function show(cli: Cli, { attestation, publicKey }: Verification): void {
  const { log, instances } = attestation;
  if (log.faults.length === 0)
    cli.print(`${cli.paint.green("ok")}  the event log: ${log.events} events, none changed or removed, its head signed`);
  for (const { message } of log.faults.slice(0, SHOWN)) cli.print(`${cli.paint.red("!!")}  the event log: ${message}`);
  for (const one of instances) {
    const fine = one.differences.length === 0;
    cli.print(
      `${fine ? cli.paint.green("ok") : cli.paint.red("!!")}  ${one.name}  revision ${one.revision}, image ${short(one.digest)}${fine ? ", as it was made" : ""}`,
    );
    for (const { kind, detail, from, to } of one.differences.slice(0, SHOWN)) cli.print(`      ${kind}${when(from, to)}: ${detail}`);
    if (one.differences.length > SHOWN) cli.print(`      and ${one.differences.length - SHOWN} more: --json has them all`);
    if (fine && !one.onDisk) cli.print(cli.paint.dim("      its layers were seen through the engine only, not on the disk"));
  }
  if (instances.length === 0) cli.print("there are no instances");
  cli.remark(`signed with ${publicKey.split("\n")[1] ?? ""}; instar verify --json keeps it`);
}

function when(from: number | null, to: number | null): string {
  if (from === null || to === null) return "";
  return from === to ? ` at ${time(from)}` : ` from ${time(from)} to ${time(to)}`;
}

const time = (at: number): string => new Date(at).toISOString();

/** Needs no daemon. Raises INS2036 for what is no attestation. */
function check(cli: Cli, file: string, keyFile: string | null): Exit {
  const kept = parse(file);
  const publicKey = keyFile === null ? kept.publicKey : read(keyFile);
  const signed = isSigned(canonicalText(kept.attestation), kept.signature, publicKey);
  const { at, installation, proven } = kept.attestation;
  if (cli.json) cli.document({ signed, proven, at, installation });
  else if (!signed) cli.print(`${cli.paint.red("!!")}  not signed with this key: it was changed, or is of another installation`);
  else {
    cli.print(
      `${cli.paint.green("ok")}  signed by ${installation} at ${time(at)}: ${proven ? "everything was as it was made" : "differences were found"}`,
    );
    if (keyFile === null) cli.remark("by the key it carries itself; --with FILE checks it against one that you trust");
  }
  return signed && proven ? 0 : 1;
}

function parse(file: string): Verification {
  try {
    const kept = JSON.parse(read(file)) as Verification | null;
    if (kept?.attestation?.format === 1 && typeof kept.signature === "string" && typeof kept.publicKey === "string") return kept;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new InstarError("INS2036", `${file} is not what instar verify --json prints`);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new InstarError("INS2036", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
