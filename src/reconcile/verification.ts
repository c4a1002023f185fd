import type { ImageIdentity, ServiceSpec, VerifySpec } from "../spec/types.ts";

/** Says whether an image may run. */
export interface Verifier {
  /**
   * Resolves with where its signature was found. Raises INS3032 (none), INS3033 (none that is right, with what is wrong), INS3034
   * (no registry has it), INS3035 (the registry does not answer).
   */
  verify(image: ImageIdentity, policy: VerifySpec): Promise<string>;
}

/** Before anything is changed: every way by which an image becomes a revision goes through here. */
export async function verified(verifier: Verifier, spec: ServiceSpec, image: ImageIdentity): Promise<void> {
  if (spec.verify !== undefined) await verifier.verify(image, spec.verify);
}
