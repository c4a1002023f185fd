import type { VerifyControl, VerifyView } from "../../src/reconcile/verify-control.ts";

/** One instance that is what it was made, until a test says otherwise. */
export class StandInProofs implements VerifyControl {
  view: VerifyView = {
    attestation: {
      ...{ format: 1, installation: "i", at: 1000, stack: null, service: null },
      log: { events: 2, head: { seq: 2, hash: "a".repeat(64), signature: "AA==" }, from: 500, to: 900, faults: [] },
      instances: [
        {
          ...{ name: "shop-web-r1-1-a1", id: "c1", stack: "shop", service: "web", revision: 1, digest: "sha256:1", image: "sha256:1" },
          ...{ createdAt: 600, onDisk: true, differences: [] },
        },
      ],
      proven: true,
    },
    signature: "AA==",
    publicKey: "-----BEGIN PUBLIC KEY-----\n",
  };

  verify: VerifyControl["verify"] = async () => this.view;
  audit: VerifyControl["audit"] = async (claims) => ({
    log: this.view.attestation.log,
    claims: claims.map(({ seq }) => `event ${seq} is gone`),
  });
  publicKey: VerifyControl["publicKey"] = () => this.view.publicKey;
}
