import { InstarError } from "../../errors.ts";
import type { InstanceIdentity } from "../../reconcile/ports.ts";

const PREFIX = "dev.instar.";

export const LABEL = {
  installation: `${PREFIX}installation`,
  stack: `${PREFIX}stack`,
  service: `${PREFIX}service`,
  revision: `${PREFIX}revision`,
  slot: `${PREFIX}slot`,
  attempt: `${PREFIX}attempt`,
  generation: `${PREFIX}generation`,
  instance: `${PREFIX}instance`,
  /** Engine names of the networks it is to be attached to, by comma. */
  networks: `${PREFIX}networks`,
  /** On the volume of a slot: where it is mounted. */
  target: `${PREFIX}target`,
  /** What its service can be rebuilt from when the home is lost. */
  origin: `${PREFIX}origin`,
  /** On the router's container: where its daemon keeps its data. */
  home: `${PREFIX}home`,
  /** `volume`: a container that reads or writes a volume's content and is gone when that is done. */
  role: `${PREFIX}role`,
} as const;

export type Labels = Readonly<Record<string, string>>;

export const instanceLabels = (installation: string, identity: InstanceIdentity, networks: readonly string[]): Labels => ({
  [LABEL.installation]: installation,
  [LABEL.stack]: identity.stack,
  [LABEL.service]: identity.service,
  [LABEL.revision]: String(identity.revision),
  [LABEL.slot]: String(identity.slot),
  [LABEL.attempt]: String(identity.attempt),
  [LABEL.generation]: String(identity.generation),
  [LABEL.instance]: identity.instanceHash,
  [LABEL.networks]: networks.join(","),
});

/** Who the container of this name is; null when its labels do not say (it is no instance). */
export const identityOf = (name: string, labels: Labels): InstanceIdentity | null => {
  const number = (label: string): number => (/^\d+$/.test(labels[label] ?? "") ? Number(labels[label]) : Number.NaN);
  const identity = {
    name,
    stack: labels[LABEL.stack] ?? "",
    service: labels[LABEL.service] ?? "",
    revision: number(LABEL.revision),
    slot: number(LABEL.slot),
    attempt: number(LABEL.attempt),
    generation: number(LABEL.generation),
    instanceHash: labels[LABEL.instance] ?? "",
  };
  const numbers = [identity.revision, identity.slot, identity.attempt, identity.generation];
  return identity.stack === "" || identity.service === "" || numbers.some(Number.isNaN) ? null : identity;
};

/** The proof before every destructive call. Raises INS3002. */
export const proveOurs = (what: string, labels: Labels | null | undefined, installation: string): void => {
  if (labels?.[LABEL.installation] === installation) return;
  const owner = labels?.[LABEL.installation];
  throw new InstarError("INS3002", `${what} is not ours${owner === undefined ? "" : `: it belongs to the installation ${owner}`}`);
};
