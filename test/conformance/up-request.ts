import type { UpRequest } from "../../src/reconcile/control.ts";

/** A plain `up` of this file. */
export const upRequest = (spec: UpRequest["spec"], more: Partial<UpRequest> = {}): UpRequest => ({
  ...{ spec, notices: [], who: "test", prune: false, unpin: false, forceFile: false, built: {} },
  ...more,
});
