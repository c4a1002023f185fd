import { InstarError } from "../errors.ts";
import { serviceName } from "./service-name.ts";
import type { RoutedService } from "./table.ts";

/** The text and the numbers of a table that no router takes, whatever the machine. */
const UNFIT: ReadonlySet<string> = new Set(["INS1009", "INS1014"]);
export const isUnfit = (cause: unknown): cause is InstarError => cause instanceof InstarError && UNFIT.has(cause.code);

export interface Fitting {
  /** What one table can have together. */
  readonly services: readonly RoutedService[];
  /** By service, why not as it is wanted: it goes on as the revision before it, or is not there at all. */
  readonly unfit: ReadonlyMap<string, InstarError>;
}

/**
 * The services that a table can have. What does not fit is halved until it is one of them, so that one among a thousand costs some
 * twenty tables. Files are refused before it comes to this; one that got by takes nobody with it.
 * @param compile raises what `isUnfit` knows
 */
export function fittingOf(services: readonly RoutedService[], compile: (some: readonly RoutedService[]) => void): Fitting {
  const unfit = new Map<string, InstarError>();
  const joined = (some: readonly RoutedService[], beside: readonly RoutedService[]): readonly RoutedService[] => {
    const all = [...beside, ...some];
    const cause = refusal(() => compile(all));
    if (cause === null) return all;
    const half = Math.ceil(some.length / 2);
    if (some.length > 1) return joined(some.slice(half), joined(some.slice(0, half), beside));
    return some.reduce((kept, { revisions: [wanted, ...before], ...service }) => {
      if (wanted !== undefined) unfit.set(serviceName(wanted), cause);
      return before.length === 0 ? kept : joined([{ ...service, revisions: before }], kept);
    }, beside);
  };
  return { services: joined(services, []), unfit };
}

function refusal(work: () => void): InstarError | null {
  try {
    work();
    return null;
  } catch (cause) {
    if (isUnfit(cause)) return cause;
    throw cause;
  }
}
