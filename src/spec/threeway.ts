import { TRIGGER_BODY } from "./trigger-body.ts";
import type { ServiceSpec } from "./types.ts";

/** What a verb has set since the last `up`, and the deployment that did. */
export interface Overrides {
  readonly image?: { readonly by: string };
  readonly replicas?: { readonly by: string };
  /** What a trigger told the instances; it stands in their environment. */
  readonly body?: { readonly by: string };
}

/**
 * The spec an `up` asks for. A key set by a verb (`deploy`, `scale`) stays, unless the file changed that key since it was last
 * applied or `forceFile` says that the file is right. `kept` names what stayed: `image from deployment D12`.
 */
export function mergeUp(
  lastApplied: ServiceSpec | null,
  file: ServiceSpec,
  current: ServiceSpec,
  overrides: Overrides,
  forceFile: boolean,
): { readonly spec: ServiceSpec; readonly kept: readonly string[] } {
  const stays = <K extends "image" | "replicas">(key: K): boolean =>
    overrides[key] !== undefined && !forceFile && lastApplied !== null && lastApplied[key] === file[key] && current[key] !== file[key];
  const kept = (["image", "replicas"] as const).filter(stays);
  const body =
    overrides.body !== undefined && !forceFile && !(TRIGGER_BODY in file.environment) ? current.environment[TRIGGER_BODY] : undefined;
  return {
    spec: {
      ...file,
      ...(body === undefined ? {} : { environment: { ...file.environment, [TRIGGER_BODY]: body } }),
      ...(kept.includes("image") ? { image: current.image } : {}),
      ...(kept.includes("replicas") ? { replicas: current.replicas } : {}),
    },
    kept: [
      ...kept.map((key) => `${key} from deployment ${overrides[key]?.by ?? ""}`),
      ...(body === undefined ? [] : [`trigger body from deployment ${overrides.body?.by ?? ""}`]),
    ],
  };
}
