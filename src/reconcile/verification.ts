import type { ImageIdentity, Revision, ServiceSpec, VerifySpec } from "../spec/types.ts";

/** Says whether an image may run. */
export interface Verifier {
  /**
   * Resolves with where its signature was found. Raises INS3032 (none), INS3033 (none that is right, with what is wrong), INS3034
   * (no registry has it), INS3035 (the registry does not answer).
   */
  verify(image: ImageIdentity, policy: VerifySpec): Promise<string>;
}

/** Before anything is changed: every way by which an image becomes a revision goes through here, those of its jobs included. */
export async function verified(verifier: Verifier, spec: ServiceSpec, image: ImageIdentity, current: Revision | null): Promise<void> {
  const known = new Set(current === null ? [] : trusted(current.spec, current.image).map(idOf));
  // The same image was verified with the same key when the present revision was made.
  for (const one of trusted(spec, image)) if (!known.has(idOf(one))) await verifier.verify(one.image, one.policy);
}

interface Trusted {
  readonly image: ImageIdentity;
  readonly policy: VerifySpec;
}

const trusted = (spec: ServiceSpec, image: ImageIdentity): Trusted[] => [
  ...(spec.verify === undefined ? [] : [{ image, policy: spec.verify }]),
  ...Object.values(spec.jobs ?? {}).flatMap(({ spec: { verify }, resolved = image }) =>
    verify === undefined ? [] : [{ image: resolved, policy: verify }],
  ),
];

const idOf = ({ image, policy }: Trusted): string => `${image.shown} ${policy.cosign}`;
