import type { Observed, StepKind } from "./types.ts";

type Identity = Pick<Observed, "name" | "revision" | "slot" | "attempt" | "generation" | "instanceHash">;

/** An instance as it is right after its create, or while that is under way. */
export const fresh = ({ name, revision, slot, attempt, generation, instanceHash }: Identity, busy: StepKind | null): Observed => ({
  name,
  revision,
  slot,
  attempt,
  generation,
  instanceHash,
  life: "created",
  revives: false,
  built: true,
  createdAt: null,
  startedAt: null,
  exitCode: null,
  worn: false,
  sick: false,
  readySince: null,
  probedSince: null,
  probeDetail: null,
  route: null,
  drainingSince: null,
  evidence: false,
  outside: false,
  busy,
});
