import { InstarError } from "../../errors.ts";
import { canonicalName, parseReference, type Reference } from "../../lib/reference.ts";
import type { Registries } from "../../reconcile/registry-port.ts";
import type { Verifier } from "../../reconcile/verification.ts";
import type { ImageIdentity } from "../../spec/types.ts";
import { publicKey } from "../../spec/verify.ts";
import { problemWith } from "./check.ts";
import { type Candidate, candidates, type Unreadable } from "./find.ts";

const SHOWN = 3;

/** Signatures by a key, as cosign makes them; no transparency log is asked. One right signature is enough. */
export function cosignVerifier(registries: Registries): Verifier {
  return {
    async verify(image, policy) {
      const key = publicKey(policy.cosign);
      const { reference, digest } = inRegistry(image);
      const name = `${canonicalName(reference)}@${digest}`;
      const problems: string[] = [];
      for await (const candidate of fetched(registries, reference, digest, name)) {
        const problem = candidate.kind === "unreadable" ? candidate.problem : problemWith(candidate, key, digest);
        if (problem === null) return candidate.place;
        problems.push(`${candidate.place}: ${problem}`);
      }
      if (problems.length === 0) throw new InstarError("INS3032", `${image.reference}: ${name} has no signature in its registry`);
      const more = problems.length > SHOWN ? `, and ${problems.length - SHOWN} more` : "";
      throw new InstarError(
        "INS3033",
        `${image.reference}: no signature of ${name} is right: ${problems.slice(0, SHOWN).join("; ")}${more}`,
      );
    },
  };
}

/** What was built, imported or tagged here is in no registry under the digest that would run. */
function inRegistry(image: ImageIdentity): { readonly reference: Reference; readonly digest: string } {
  const reference = parseReference(image.runnable);
  if (reference === null || reference.digest === null)
    throw new InstarError("INS3034", `${image.reference} was made on this engine: no registry has a signature of it`);
  return { reference, digest: reference.digest };
}

async function* fetched(registries: Registries, of: Reference, digest: string, name: string): AsyncGenerator<Candidate | Unreadable> {
  try {
    yield* candidates(registries, of, digest);
  } catch (cause) {
    if (!(cause instanceof InstarError)) throw cause;
    throw new InstarError("INS3035", `the signatures of ${name} could not be fetched: ${cause.code} ${cause.message}`, { cause });
  }
}
