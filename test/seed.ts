import fc from "fast-check";

/** The same random values in every run, so that a change is judged by itself; `INSTAR_SEED` tries others. */
fc.configureGlobal({ seed: Number(process.env["INSTAR_SEED"] ?? 1) });

/** How many runs of a property; `INSTAR_RUNS` is the most, for those who run all of them a thousand times (script/mutate). */
export const runs = (wanted: number): number => Math.min(wanted, Number(process.env["INSTAR_RUNS"] ?? wanted));
